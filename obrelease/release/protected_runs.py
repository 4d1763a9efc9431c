"""The runs that releases, tags and git protect from garbage collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from obrelease.bundle.asset_names import MANIFEST_NAME
from obrelease.models.manifest import BundleManifest
from obrelease.models.plan import Plan
from obrelease.models.validation import read_document
from obrelease.registry.gc import ProtectedRuns
from obrelease.release.publish.journal import PLAN_NAME, Journal
from obrelease.release.verify.tag_message import digests_in
from obrelease.remote.git.repository import GitRepository, repository_at
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes


@dataclass(frozen=True, slots=True)
class ReleaseProtection:
    """What must stay.

    Attributes:
        protected: the runs of releases and tags, with reasons such as `release v1.0`, and the runs
            that git tracks.
        unknown_tags: release tags whose manifest was not found, so that their runs are unknown.
        repository_root: the work tree of the project, or None if it is in no git repository.
    """

    protected: ProtectedRuns
    unknown_tags: tuple[str, ...]
    repository_root: Path | None


def find_protected_runs(
    results: Path, *, root: Path, releases: Path, manifests: Iterable[Path] = ()
) -> ReleaseProtection:
    """Find the runs that releases as folders, unfinished releases, tags and git protect.

    Args:
        results: the results folder; the git repository that it is in may track its runs.
        root: the project's root; its repository has the tags and the unfinished releases.
        releases: the folder of the directory forge; drafts count as well.
        manifests: further manifests, such as those of releases on GitHub.

    Raises:
        InvalidInput: a manifest or a journal is malformed, so that its runs are unknown.
        NotFound, StorageError: one cannot be read.
        RemoteError: git failed.
    """
    reasons: dict[str, list[str]] = {}
    known: set[str] = set()
    for path in (*_manifests_below(releases), *manifests):
        data = read_bounded(path)
        manifest = read_document(data, BundleManifest, str(path))
        known.add(digest_bytes(data))
        for run in manifest.runs:
            reasons.setdefault(run.digest, []).append(f"release {manifest.tag}")
    with repository_at(root) as repo:
        unknown = _add_unfinished(reasons, known, repo) if repo else ()
        repository_root = repo.root if repo else None
    protected = ProtectedRuns(reasons=reasons, tracked=_tracked_runs(results.resolve()))
    return ReleaseProtection(protected, unknown, repository_root)


def _add_unfinished(reasons: dict[str, list[str]], known: set[str], repo: GitRepository) -> tuple[str, ...]:
    """Add the runs of unfinished releases; return the tags whose manifest is not known."""
    unfinished: set[str] = set()
    for path in sorted((repo.git_dir / "obrelease").glob(f"*/{PLAN_NAME}")):
        plan = Journal(path).load()
        if plan is None:
            continue
        if _is_finished(plan):
            _add_tagged(reasons, known, plan, repo)
        else:
            unfinished.add(plan.tag)
            for digest in plan.runs:
                reasons.setdefault(digest, []).append(f"unfinished release {plan.tag}")
    return tuple(
        tag
        for tag, message in repo.tag_messages()
        if (manifest := digests_in(message).get("manifest")) is not None
        and manifest not in known
        and tag not in unfinished
    )


def _is_finished(plan: Plan) -> bool:
    return all(step.state != "pending" for step in plan.steps)


def _add_tagged(reasons: dict[str, list[str]], known: set[str], plan: Plan, repo: GitRepository) -> None:
    """Add the runs of a finished release if its tag is there; the journal only knows what they are."""
    found = repo.local_tag(plan.tag)
    manifest = digests_in(found.message).get("manifest") if found else None
    if manifest is None or manifest in known or manifest not in {asset.sha256 for asset in plan.assets}:
        return
    known.add(manifest)
    for digest in plan.runs:
        reasons.setdefault(digest, []).append(f"release {plan.tag}")


def _manifests_below(releases: Path) -> Iterator[Path]:
    for folder in (releases, releases / ".drafts"):
        for path in sorted(folder.glob(f"*/assets/{MANIFEST_NAME}")):
            if not path.parts[-3].startswith("."):
                yield path


def _tracked_runs(results: Path) -> set[str]:
    """The locations (`kind/scenario/digest12`) below the results folder with a file that git tracks."""
    with repository_at(results) as repo:
        if repo is None:
            return set()
        below = results.relative_to(repo.root).as_posix()
        prefix = "" if below == "." else f"{below}/"
        locations = (path.removeprefix(prefix).split("/") for path in repo.tracked(below))
        return {"/".join(parts[:3]) for parts in locations if len(parts) > 3}
