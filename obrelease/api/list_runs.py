"""The runs of a listing and their figures: from the table of figures where it has them, else from the runs.

Figures follow from the bytes that a digest names, so it is enough to hash these bytes again. Where that
is not done either, the listing says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from obrelease.errors import ObreleaseError
from obrelease.registry.entry import Entry, read_entry
from obrelease.registry.figures.table import TABLE_ERRORS, open_table
from obrelease.storage.hashing import digest_file
from obrelease.storage.reporter import SILENT, Reporter

if TYPE_CHECKING:
    from obrelease.analysis.summary.listed_figures import ListedFigures


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run of a listing.

    Attributes:
        entry: what the registry knows of it.
        listed: its figures; None if they were not asked for or the run is damaged.
    """

    entry: Entry
    listed: ListedFigures | None = None

    def to_json(self, *, figures: bool) -> dict[str, Any]:
        """The run as `obrelease list --json` prints it, with its figures if they were asked for."""
        if not figures:
            return self.entry.as_json()
        return self.entry.as_json() | {"figures": dict(self.listed.figures) if self.listed else None}


@dataclass(frozen=True, slots=True)
class Listing:
    """The runs of a listing.

    Attributes:
        hashed: whether the bytes behind every figure were hashed now; if not, they may have changed since
            the table of figures was filled.
    """

    runs: tuple[ListedRun, ...]
    hashed: bool

    def to_json(self, *, figures: bool) -> dict[str, Any]:
        """The document that `obrelease list --json` prints."""
        document: dict[str, Any] = {"runs": [run.to_json(figures=figures) for run in self.runs]}
        return document | ({"figures_hashed": self.hashed} if figures else {})


def read_listed_runs(
    entries: Sequence[Entry],
    *,
    figures: bool = True,
    verify: bool = True,
    brief: bool = False,
    reporter: Reporter = SILENT,
) -> Listing:
    """The figures of runs of one registry.

    Args:
        figures: False for what the envelope alone says: with `verify`, only the envelope is hashed.
        verify: hash the files behind the figures again; a run whose bytes are others has no figures.
        brief: without `verify`, read no more than a line of a list shows, see `ListedFigures.from_brief`.
    """
    if not entries:
        return Listing((), hashed=True)
    root = entries[0].root
    known = _known(root, entries, brief=brief and not verify)
    listed: dict[str, ListedFigures | None] = dict(known)
    if verify:
        with reporter.progress("reading known runs", len(known)) as advance:
            for entry in entries:
                if (figures_known := known.get(entry.digest)) is not None:
                    sound = _is_confirmed(entry, figures_known.files if figures else {})
                    listed[entry.digest] = figures_known if sound else None
                    advance(1)
    listed |= _read_and_add(root, [entry for entry in entries if entry.digest not in known], reporter)
    runs = tuple(ListedRun(entry, listed.get(entry.digest)) for entry in entries)
    return Listing(runs, hashed=verify or not known)


def _known(root: Path, entries: Sequence[Entry], *, brief: bool) -> dict[str, ListedFigures]:
    """What the table has; nothing if it cannot be read."""
    from obrelease.analysis.summary.listed_figures import ListedFigures

    found: dict[str, ListedFigures] = {}
    with suppress(*TABLE_ERRORS, ValueError), open_table(root) as table:
        digests = [entry.digest for entry in entries]
        if brief:
            values = {digest: ListedFigures.from_brief(each) for digest, each in table.brief(digests).items()}
        else:
            values = {digest: ListedFigures.from_json(each) for digest, each in table.listed(digests).items()}
        found = {digest: each for digest, each in values.items() if each is not None}
    return found


def _is_confirmed(entry: Entry, files: Mapping[str, str]) -> bool:
    """Whether the envelope and the files behind the figures still have their digests."""
    try:
        return read_entry(entry.root, entry.location) == entry and all(
            digest_file(entry.folder / path)[0] == sha256 for path, sha256 in files.items()
        )
    except ObreleaseError:
        return False


def _read_and_add(
    root: Path, entries: Sequence[Entry], reporter: Reporter
) -> dict[str, ListedFigures | None]:
    """Read runs that the table does not have, and add them to it."""
    from obrelease.analysis.summary.listed_figures import ListedFigures

    listed: dict[str, ListedFigures | None] = {}
    if not entries:
        return listed
    from obrelease.api.figures import read_run_figures
    from obrelease.storage.workers import map_in_chunks

    with (
        map_in_chunks(partial(read_run_figures, root), entries) as chunks,
        reporter.progress("reading runs", len(entries)) as advance,
    ):
        for chunk in chunks:
            runs = [run for run in chunk if run is not None]
            listed |= {run.digest: ListedFigures.from_json(json.loads(run.listed_json)) for run in runs}
            with suppress(*TABLE_ERRORS), open_table(root) as table:
                table.add(runs)
            advance(len(chunk))
    return listed
