"""The table of figures of a registry, brought up to date with its runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from obrelease.errors import ObreleaseError
from obrelease.models.run_figures import RunFigures
from obrelease.registry.entry import Entry
from obrelease.registry.figures.table import FiguresTable, open_table
from obrelease.registry.filter import Filter
from obrelease.registry.index.directory_stamps import read_directory_stamps
from obrelease.registry.store import Registry
from obrelease.storage.reporter import SILENT, Reporter
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.workers import map_in_chunks


@contextmanager
def figures_table(
    store: Registry, *, kind: str | None = None, scenario: str | None = None, reporter: Reporter = SILENT
) -> Iterator[FiguresTable]:
    """The table of figures with a row for every run that can be read.

    Each scenario folder that changed is listed, and the runs that have no row are read: once for a run,
    because what a digest names does not change.

    Args:
        kind, scenario: bring only these up to date.

    Raises:
        StorageError: the results folder cannot be listed.
    """
    with open_table(store.root) as table:
        for place, stamp in _changed_places(store, table):
            in_kind, in_scenario = place.split("/")
            if kind in (None, in_kind) and scenario in (None, in_scenario):
                _update(store, table, place, stamp, reporter)
        yield table


def _changed_places(store: Registry, table: FiguresTable) -> list[tuple[str, str | None]]:
    """Scenario folders that the table does not have in full, with their stamps; None if they are gone."""
    if not store.root.is_dir():
        return []
    with storage_errors(store.root, "cannot be listed"):
        current = {place: stamp.text for place, stamp in read_directory_stamps(store.root).items()}
    known = table.stamps()
    changed = [(place, stamp) for place, stamp in sorted(current.items()) if known.get(place) != stamp]
    return [*changed, *((place, None) for place in sorted(known.keys() - current.keys()))]


def _update(store: Registry, table: FiguresTable, place: str, stamp: str | None, reporter: Reporter) -> None:
    kind, scenario = place.split("/")
    entries = {entry.digest: entry for entry in store.find(Filter(kind=kind, scenario=scenario))}
    known = table.digests_in(place)
    missing = [entries[digest] for digest in sorted(entries.keys() - known)]
    with (
        map_in_chunks(partial(read_run_figures, store.root), missing) as chunks,
        reporter.progress(f"reading figures of {place}", len(missing)) as advance,
    ):
        for chunk in chunks:
            table.add(run for run in chunk if run is not None)
            advance(len(chunk))
    table.complete(place, _settled(store, place, stamp), known - entries.keys())


def _settled(store: Registry, place: str, stamp: str | None) -> str | None:
    """The stamp, if a later change of the folder will change it; see `directory_stamps`."""
    if stamp is None:
        return None
    with storage_errors(store.root, "cannot be listed"):
        now = read_directory_stamps(store.root).get(place)
    return stamp if now is not None and now.text == stamp and now.settled(_last_change_ns(store)) else None


def _last_change_ns(store: Registry) -> int | None:
    from obrelease.registry.index.directory_stamps import file_system_time_ns
    from obrelease.registry.layout import INDEX_NAME

    return file_system_time_ns(store.root / INDEX_NAME)


def read_run_figures(root: Path, entries: Sequence[Entry]) -> list[RunFigures | None]:
    """The figures of runs, read from their files; None for a damaged one."""
    return [_figures_of(root, entry) for entry in entries]


def _figures_of(root: Path, entry: Entry) -> RunFigures | None:
    """The figures of a run; None if it is damaged, which `fsck` reports."""
    from obrelease.analysis.history.quick_figures import quick_figures
    from obrelease.analysis.history.run_figures import run_figures
    from obrelease.analysis.summary.read_run import read_run

    store = Registry(root)
    try:
        quick = quick_figures(store.envelope(entry), entry.digest)
        if quick is not None and quick.place == f"{entry.kind}/{entry.scenario}":
            return quick
        artefact = store.load(entry)
        return run_figures(
            read_run(artefact, digest=entry.digest, folder=entry.folder, every_histogram=False)
        )
    except ObreleaseError:
        return None
