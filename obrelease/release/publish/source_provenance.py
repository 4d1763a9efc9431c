"""Whether runs were measured with the sources of the commits that they name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final

from obrelease.bundle.source_digests import CORE_FOLDER, PACKAGES, core_sources, digest, python_sources
from obrelease.errors import IntegrityError
from obrelease.models.artefact import Producer
from obrelease.release.collected_run import CollectedRun
from obrelease.remote.git.repository import GitRepository

_OURS: Final = "obrelease"
_FOLDERS: Final = tuple(sorted({CORE_FOLDER, *PACKAGES.values()}))
_SHOWN: Final = 5

_Tree = Mapping[str, str] | None
"""The sha256 of the files of a commit by their paths; None where the commit is not here."""


def require_origin(runs: Sequence[CollectedRun], repo: GitRepository) -> tuple[str, ...]:
    """Derive each run's digests of sources again from the commit that it names.

    The commit's own objects are read, never the checkout.

    Returns:
        What was compared, and what could not be and why, in words.

    Raises:
        IntegrityError: a run names a commit of this repository, and other sources than its.
        RemoteError: git failed.
    """
    tree_of = cache(lambda commit: repo.digests_at(commit, _FOLDERS))
    told: dict[str, list[str]] = {}
    for run in runs:
        told.setdefault(_finding(run, tree_of), []).append(run.facts.digest[:12])
    return tuple(
        f"{len(names)} of {len(runs)} runs {finding}: {', '.join(names[:_SHOWN])}"
        + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
        for finding, names in sorted(told.items())
    )


def _finding(run: CollectedRun, tree_of: Callable[[str], _Tree]) -> str:
    producer = run.artefact.producer
    reason = _why_not(producer)
    if reason is None and producer.commit is not None:
        reason = _compared(run, producer.commit, tree_of(producer.commit))
    if reason is None:
        return "were measured with the sources of the commit that they name"
    return f"could not be compared with the sources of a commit: {reason}"


def _why_not(producer: Producer) -> str | None:
    if producer.name != _OURS:
        return "another program measured"
    if producer.commit is None:
        return "no commit is named"
    if producer.dirty:
        return "the tree had uncommitted changes"
    if producer.sources_digest is None:
        return "no digest of the sources is named"
    return None


def _compared(run: CollectedRun, commit: str, tree: _Tree) -> str | None:
    """Why the sources of the commit cannot tell, or None where they are those of the run."""
    if tree is None:
        return "the commit is not in this repository, or not whole"
    producer = run.artefact.producer
    for what, named, covered in (
        ("Python sources", producer.sources_digest, python_sources(tree)),
        ("sources of the compiled core", producer.core_digest, core_sources(tree)),
    ):
        if named is None:
            continue
        if covered is None or not all(name.isascii() for name in covered):
            return f"the commit does not hold the {what} of this program where they are looked for"
        found = digest({name: tree[path] for name, path in covered.items()})
        if found != named:
            raise IntegrityError(
                f"run {run.facts.digest[:12]} ({run.facts.path}) names the commit {commit[:12]}, and was "
                f"measured with other sources: its digest of the {what} is {named}, the commit's is {found}",
                hint="measure it again at a commit, or name the runs to release with --run",
            )
    return None
