"""The releases of a project as far as this machine knows them: tags, and manifests of the directory forge."""

from __future__ import annotations

from obrelease.api.project import Project
from obrelease.errors import ObreleaseError
from obrelease.models.version_tag import Tag
from obrelease.release.protected_runs import find_protected_runs
from obrelease.release.verify.previous_release import previous_release
from obrelease.release.verify.tag_message import digests_in
from obrelease.remote.git.repository import GitRepository, repository_at
from obrelease.site.release_pages import ReleaseFacts

_REASON = "release "


def local_releases(owner: Project) -> tuple[ReleaseFacts, ...]:
    """The releases whose tags are in the project's repository, newest first.

    Raises:
        InvalidInput: a manifest or a journal is malformed, so that the runs of a release are unknown.
        NotFound, StorageError: one cannot be read.
        RemoteError: git failed.
    """
    with repository_at(owner.root) as repo:
        if repo is None:
            return ()
        tagged = [(tag, digests_in(message)) for tag, message in repo.tag_messages()]
        tagged = [(tag, digests) for tag, digests in tagged if digests]
        if not tagged:
            return ()
        runs = _runs_by_tag(owner)
        found = [_release(owner, repo, tag, digests, runs.get(tag)) for tag, digests in tagged]
    return tuple(
        release for _, release in sorted((each for each in found if each), key=lambda each: each[0])[::-1]
    )


def _runs_by_tag(owner: Project) -> dict[str, tuple[str, ...]]:
    protection = find_protected_runs(owner.results, root=owner.root, releases=owner.releases)
    runs: dict[str, list[str]] = {}
    for digest, reasons in sorted(protection.protected.reasons.items()):
        for reason in reasons:
            if reason.startswith(_REASON):
                runs.setdefault(reason.removeprefix(_REASON), []).append(digest)
    return {tag: tuple(digests) for tag, digests in runs.items()}


def _release(
    owner: Project, repo: GitRepository, name: str, digests: dict[str, str], runs: tuple[str, ...] | None
) -> tuple[Tag, ReleaseFacts] | None:
    """A release with the tag that orders it; None if the tag is none of a release, or is gone."""
    try:
        tag, present = Tag.parse(name), repo.local_tag(name)
    except ObreleaseError:
        return None
    if present is None:
        return None
    before = previous_release(tag, repo, results=owner.results, choice=owner.previous)
    previous = before.tag.text if before.tag else None
    return tag, ReleaseFacts(name, present.commit, digests, runs, previous, before.reason)
