"""The runs of a listing: their envelopes and their figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from obrelease.errors import ObreleaseError
from obrelease.models.artefact import Artefact
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.progress import Advance
from obrelease.storage.reporter import SILENT, Reporter

if TYPE_CHECKING:
    from obrelease.analysis.summary.run import Run


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run of a listing.

    Attributes:
        entry: what the registry knows of it.
        artefact: its envelope; None if it was not read or is damaged.
        run: its figures; None if they were not asked for or the run is damaged.
    """

    entry: Entry
    artefact: Artefact | None = None
    run: Run | None = None

    def to_json(self, *, figures: bool) -> dict[str, Any]:
        """The run as `obrelease list --json` prints it, with its figures if they were asked for."""
        if not figures:
            return self.entry.as_json()
        from obrelease.analysis.summary.key_figures import figures_of

        return self.entry.as_json() | {"figures": figures_of(self.run) if self.run else None}


def read_listed_runs(
    entries: Sequence[Entry], *, figures: bool, reporter: Reporter = SILENT
) -> tuple[ListedRun, ...]:
    """Read the envelope of each run, and its figures if they are asked for."""
    with reporter.progress("reading runs", len(entries)) as advance:
        return tuple(_read_all(entries, advance, figures=figures))


def _read_all(entries: Sequence[Entry], advance: Advance, *, figures: bool) -> Iterator[ListedRun]:
    for entry in entries:
        yield _read(entry, figures=figures)
        advance(1)


def _read(entry: Entry, *, figures: bool) -> ListedRun:
    try:
        artefact = Registry(entry.root).load(entry)
    except ObreleaseError:
        return ListedRun(entry)
    if not figures:
        return ListedRun(entry, artefact)
    from obrelease.analysis.summary.read_run import read_run

    try:
        run = read_run(artefact, digest=entry.digest, folder=entry.folder, every_histogram=False)
    except ObreleaseError:
        return ListedRun(entry, artefact)
    return ListedRun(entry, artefact, run)
