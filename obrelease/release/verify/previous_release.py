"""Chooses the release before a release: the highest lower version of its series that has evidence.

Evidence is a tag message with the digests of a release, or a commit with runs. Tags of other
programs have neither and are skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from obrelease.errors import UsageError
from obrelease.models.artefact import Kind
from obrelease.models.release_choices import PreviousChoice
from obrelease.models.version_tag import Tag
from obrelease.release.verify.tag_message import digests_in
from obrelease.remote.git.repository import GitRepository
from obrelease.remote.git.tag_listing import ListedTag, tags_in_history, tags_with_folder

_DIGESTS: Final = frozenset({"bundle", "manifest"})
_MAX_LISTED: Final = 3


@dataclass(frozen=True, slots=True)
class PreviousRelease:
    """The release before another one.

    Attributes:
        tag: None if there is none.
        reason: why this one, and what was skipped, in one sentence.
    """

    tag: Tag | None
    reason: str


def previous_release(
    tag: Tag, repo: GitRepository, *, results: Path, choice: PreviousChoice = "stable"
) -> PreviousRelease:
    """Choose among the tags in the history of a release, from one listing.

    A stable release is compared with the last stable one, a prerelease with the last one of any kind.

    Args:
        tag: if it does not exist yet, it is taken to be at HEAD.
        results: the results folder of the work tree; a tag without digests counts if it
            has runs there.
        choice: `any` compares a stable release with prereleases as well.

    Raises:
        RemoteError: git failed.
        NotFound: there is no commit yet.
    """
    present = repo.local_tag(tag.text)
    listed = tags_in_history(repo, present.commit if present else repo.head())
    series = {found: each for each in listed if (found := _parsed(each.name)) is not None}
    orders = {each: each.order for each in series if each.prefix == tag.prefix}
    lower = sorted(
        (each for each in orders if orders[each] < tag.order), key=orders.__getitem__, reverse=True
    )
    evidence = _with_evidence([series[each] for each in lower], repo, results)
    with_evidence = [each for each in lower if each.text in evidence]
    without = [each for each in lower if each.text not in evidence]
    return _chosen(tag, with_evidence, without, choice)


def _chosen(
    tag: Tag, candidates: list[Tag], without_evidence: list[Tag], choice: PreviousChoice
) -> PreviousRelease:
    wants_stable = choice == "stable" and not tag.prerelease
    stable = [each for each in candidates if not each.prerelease]
    allowed = (stable or candidates) if wants_stable else candidates
    kind = "stable release" if wants_stable and stable else "release"
    series = f" of {tag.prefix}" if tag.prefix else ""
    if not allowed:
        return PreviousRelease(
            None, f"no earlier release{series} in the history has results{_skipped((), without_evidence)}"
        )
    chosen = allowed[0]
    prereleases = [each for each in candidates if each > chosen]
    newer_without = [each for each in without_evidence if each.order > chosen.order]
    skipped = _skipped(prereleases, newer_without)
    return PreviousRelease(
        chosen, f"{chosen} is the last {kind}{series} in the history with results{skipped}"
    )


def _skipped(prereleases: Sequence[Tag], without_evidence: Sequence[Tag]) -> str:
    parts = [
        f"{_listed(tags)} {why}"
        for tags, why in ((prereleases, "(prerelease)"), (without_evidence, "(no results)"))
        if tags
    ]
    return f"; skipped: {', '.join(parts)}" if parts else ""


def _listed(tags: Sequence[Tag]) -> str:
    more = f" and {len(tags) - _MAX_LISTED} more" if len(tags) > _MAX_LISTED else ""
    return f"{', '.join(tag.text for tag in tags[:_MAX_LISTED])}{more}"


def _parsed(name: str) -> Tag | None:
    try:
        return Tag.parse(name)
    except UsageError:
        return None


def _with_evidence(tags: list[ListedTag], repo: GitRepository, results: Path) -> frozenset[str]:
    """The names of tags with digests in their message, and of those whose commit has runs."""
    digests = {tag.name for tag in tags if digests_in(tag.message).keys() == _DIGESTS}
    root, folder = repo.root.resolve(), results.resolve()
    if not folder.is_relative_to(root) or folder == root:
        return frozenset(digests)
    others = [tag.name for tag in tags if tag.name not in digests]
    below = folder.relative_to(root).as_posix()
    with_results = sorted(tags_with_folder(repo, others, [below]))
    kinds = [f"{below}/{kind}" for kind in get_args(Kind)]
    return frozenset(digests) | tags_with_folder(repo, with_results, kinds)
