"""Which runs the releases of a repository hold, so that nobody throws them away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.errors import NotFound
from obrelease.models.manifest import BundleManifest
from obrelease.models.validation import read_document
from obrelease.release.publish.journal import PLAN_NAME, Journal
from obrelease.release.verify.tag_message import digests_in
from obrelease.remote.git.repository import GitRepository
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes

MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Roots:
    """What releases keep.

    Attributes:
        reasons: by artefact digest, such as `release v1.0`, `tag v1.0` and `begun release v1.1`.
        unknown: tags that bind a manifest which is nowhere here, so that their runs are unknown.
    """

    reasons: dict[str, list[str]]
    unknown: tuple[str, ...]


def release_roots(releases: Path, repo: GitRepository | None, manifests: Iterable[Path] = ()) -> Roots:
    """Read the manifests of the releases kept as folders, of the journals, and of the tags.

    Args:
        releases: the folder of the directory forge; drafts count like releases.
        worktree: the repository whose tags and journals count, or None.
        manifests: further manifests, such as those of releases that lie elsewhere.

    Raises:
        InvalidInput: a manifest or a journal is malformed; what it keeps is unknown.
        NotFound, StorageError: it cannot be read.
        RemoteError: git failed.
    """
    reasons: dict[str, list[str]] = {}
    known: set[str] = set()
    for path in (*_released(releases), *manifests):
        data = read_bounded(path)
        manifest = read_document(data, BundleManifest, str(path))
        known.add(digest_bytes(data))
        for run in manifest.runs:
            reasons.setdefault(run.digest, []).append(f"release {manifest.tag}")
    if repo is None:
        return Roots(reasons, ())
    begun: set[str] = set()
    for tag in _begun(repo.git_dir):
        plan = Journal.of(repo.git_dir, tag).load()
        if plan is not None:
            begun.add(plan.tag)
            for digest in plan.runs:
                reasons.setdefault(digest, []).append(f"begun release {plan.tag}")
    unknown = [
        tag
        for tag in repo.tag_names()
        if (found := repo.local_tag(tag)) is not None
        and (bound := digests_in(found.message).get("manifest")) is not None
        and bound not in known
        and tag not in begun
    ]
    return Roots(reasons, tuple(unknown))


def _released(releases: Path) -> Iterator[Path]:
    for folder in (releases, releases / ".drafts"):
        if folder.is_dir():
            for release in sorted(folder.iterdir()):
                path = release / "assets" / MANIFEST
                if not release.name.startswith(".") and path.exists():
                    yield path


def _begun(git_dir: Path) -> Iterator[str]:
    folder = git_dir / "obrelease"
    for tag in sorted(folder.iterdir()) if folder.is_dir() else ():
        if (tag / PLAN_NAME).is_file():
            yield tag.name


def tracked_roots(repo: GitRepository, results: Path) -> set[str]:
    """The places (`kind/scenario/digest12`) below the results folder with a file that git tracks.

    Raises:
        NotFound: the results folder lies in another repository.
        RemoteError: git failed.
    """
    try:
        below = results.resolve().relative_to(repo.root).as_posix()
    except ValueError as error:
        raise NotFound(f"{results}: lies outside of {repo.root}") from error
    prefix = "" if below == "." else f"{below}/"
    places = (path.removeprefix(prefix).split("/") for path in repo.tracked(below))
    return {"/".join(parts[:3]) for parts in places if len(parts) > 3}
