"""Checks that runs were measured with the sources of the commits that they name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final

from obrelease.bundle.source_digests import CORE_FOLDER, PACKAGES, core_sources, digest, python_sources
from obrelease.errors import IntegrityError
from obrelease.models.artefact import Producer
from obrelease.release.collected_run import CollectedRun, count_of_runs
from obrelease.remote.git.repository import GitRepository

_OURS: Final = "obrelease"
_FOLDERS: Final = tuple(sorted({CORE_FOLDER, *PACKAGES.values()}))

_Tree = Mapping[str, str] | None
"""The sha256 of the files of a commit by their paths; None if the commit is not in the repository."""


def check_source_provenance(runs: Sequence[CollectedRun], repo: GitRepository) -> tuple[str, ...]:
    """What was compared, and what could not be compared and why, as lines; else as `compare_sources`."""
    compared, reasons = compare_sources(runs, repo)
    groups = {f"could not be compared with the sources of a commit: {why}": of for why, of in reasons.items()}
    if compared:
        groups["were measured with the sources of the commit that they name"] = compared
    return tuple(count_of_runs(affected, len(runs), finding) for finding, affected in sorted(groups.items()))


def compare_sources(
    runs: Sequence[CollectedRun], repo: GitRepository
) -> tuple[list[CollectedRun], dict[str, list[CollectedRun]]]:
    """Derive the source digests of each run again from the commit that it names.

    The objects of the commit are read, not the checkout.

    Returns:
        The runs whose sources are equal, and those that could not be compared, by reason.

    Raises:
        IntegrityError: a run names a commit of this repository, but was measured with other sources.
        RemoteError: git failed.
    """
    tree_of = cache(lambda commit: repo.digests_at(commit, _FOLDERS))
    compared: list[CollectedRun] = []
    reasons: dict[str, list[CollectedRun]] = {}
    for run in runs:
        reason = _reason(run, tree_of)
        (compared if reason is None else reasons.setdefault(reason, [])).append(run)
    return compared, reasons


def _reason(run: CollectedRun, tree_of: Callable[[str], _Tree]) -> str | None:
    """Why the sources of a run cannot be compared, or None if they are those of its commit."""
    producer = run.artefact.producer
    reason = _reason_not_comparable(producer)
    if reason is None and producer.commit is not None:
        return _difference(run, producer.commit, tree_of(producer.commit))
    return reason


def _reason_not_comparable(producer: Producer) -> str | None:
    if producer.name != _OURS:
        return "measured by another program"
    if producer.commit is None:
        return "no commit is named"
    if producer.dirty:
        return "the tree had uncommitted changes"
    if producer.sources_digest is None:
        return "no digest of the sources is named"
    return None


def _difference(run: CollectedRun, commit: str, tree: _Tree) -> str | None:
    """Why the sources cannot be compared, or None if they are those of the run."""
    if tree is None:
        return "the commit is not in this repository, or not complete"
    producer = run.artefact.producer
    for what, named, covered in (
        ("Python sources", producer.sources_digest, python_sources(tree)),
        ("sources of the compiled core", producer.core_digest, core_sources(tree)),
    ):
        if named is None:
            continue
        if covered is None or not all(name.isascii() for name in covered):
            return f"the commit does not have the {what} of this program in the expected folders"
        found = digest({name: tree[path] for name, path in covered.items()})
        if found != named:
            raise IntegrityError(
                f"run {run.facts.digest[:12]} ({run.facts.path}) names the commit {commit[:12]}, but was "
                f"measured with other sources: its digest of the {what} is {named}, the commit's is {found}",
                hint="measure it again at a commit, or choose the runs to release with --run",
            )
    return None
