"""The page of releases: what each release carries, and against what it is compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from obrelease.models.finding import printable
from obrelease.registry.entry import Entry
from obrelease.site.assets import site_style
from obrelease.site.run_pages import run_rows
from obrelease.site.templating import render


@dataclass(frozen=True, slots=True)
class ReleaseFacts:
    """A release by its tag.

    Attributes:
        digests: sha256 by name, from the message of the tag: the bundle and the manifest.
        runs: digests of its runs; None if its manifest is not on this machine.
        previous: the release that it is compared with, or None.
        reason: why that one.
    """

    tag: str
    commit: str
    digests: Mapping[str, str]
    runs: tuple[str, ...] | None
    previous: str | None
    reason: str


def release_page(releases: Sequence[ReleaseFacts], entries: Sequence[Entry], *, project: str) -> bytes:
    """The page of all releases, in the order given."""
    by_digest = {entry.digest: entry for entry in entries}
    return render(
        "releases.html.jinja",
        style=site_style(),
        script=None,
        up="",
        project=project,
        title=f"{project}: releases",
        releases=[_release(each, by_digest) for each in releases],
    )


def _release(release: ReleaseFacts, by_digest: Mapping[str, Entry]) -> dict[str, Any]:
    runs = release.runs or ()
    return {
        "tag": release.tag,
        "commit": release.commit,
        "digests": sorted(release.digests.items()),
        "unknown": release.runs is None,
        "count": len(runs),
        "rows": run_rows([by_digest[digest] for digest in runs if digest in by_digest]),
        "elsewhere": [digest for digest in runs if digest not in by_digest],
        "previous": release.previous,
        "reason": printable(release.reason),
    }
