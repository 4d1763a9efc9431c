"""The figures of a sweep: a table, pictures and one page."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from obrelease.analysis.summary.key_figures import (
    Figure,
    headline,
    latency_figures,
    measures,
    throughput_figures,
)
from obrelease.analysis.summary.read_run import read_run
from obrelease.analysis.summary.run import Run
from obrelease.analysis.sweeps.response import SEED, PointValues, Response, merged_points
from obrelease.api.arguments import checked_path
from obrelease.api.project import ProjectLike, project_of
from obrelease.api.sweep_planning import SWEEP_FILE, PlannedSweep, planned_sweep
from obrelease.errors import NotFound, ObreleaseError, UsageError
from obrelease.measurement.sweeps.cells import Cell
from obrelease.measurement.sweeps.expand import value_text
from obrelease.measurement.sweeps.outcomes import read_done, read_failed
from obrelease.models.artefact import Scalar
from obrelease.models.labels_and_directions import Direction
from obrelease.models.metric_identity import name_matches, slug
from obrelease.registry.store import Registry
from obrelease.storage.durable import make_folders
from obrelease.storage.output_files import write_page
from obrelease.storage.reporter import SILENT, Reporter
from obrelease.storage.system_errors import storage_errors

if TYPE_CHECKING:
    from obrelease.site.sweep_page import SweepSection

PAGE: Final = "index.html"
VALUES: Final = "values.csv"
_OWN_FILES: Final = re.compile(r"index\.html|values\.csv|[a-z0-9._-]+-[0-9]{2}\.svg")
_COLUMNS: Final = ("digest", "host", "repeat", "metric", "unit", "value")


@dataclass(frozen=True, slots=True)
class CollectReport:
    """The files that were written.

    Attributes:
        folder: where they are; `index.html` is the page.
        files: their names.
        cells: how many were planned, `done` how many are recorded.
        unreadable: recorded runs that are missing or damaged, each with the reason.
    """

    folder: Path
    files: tuple[str, ...]
    cells: int
    done: int
    unreadable: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease sweep collect --json` prints."""
        return {
            "folder": str(self.folder),
            "files": list(self.files),
            "cells": self.cells,
            "done": self.done,
            "unreadable": list(self.unreadable),
        }


@dataclass(frozen=True, slots=True)
class _Measured:
    """A recorded cell and its run."""

    cell: Cell
    run: Run
    host: str


@dataclass(slots=True)
class _Collected:
    runs: list[_Measured] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def collect_sweep(
    file: str | os.PathLike[str] = SWEEP_FILE,
    *,
    to: str | os.PathLike[str] | None = None,
    metrics: Sequence[str] = (),
    x: str | None = None,
    y: str | None = None,
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> CollectReport:
    """Write a table of all values, pictures of the response, and one page with both.

    It may run while the sweep does: it shows what is recorded by then.

    Args:
        file: the sweep file.
        to: a new or empty folder, or that of an earlier call; `sweep-NAME` if None.
        metrics: names or shell patterns; the headline of each subject and its p99 if empty.
        x, y: the parameters of the heat maps; those with the most values if None.

    Raises:
        UsageError: the folder has other files, no parameter or metric of this name, or `obrelease[site]` is
            not installed.
        NotFound: the sweep was not planned, or nothing is recorded yet.
        InvalidInput: a file of the sweep is malformed.
        StorageError: a file cannot be written.

    Example:
        >>> collect_sweep("sweep.toml", x="messages", y="scenario").folder
        PosixPath('sweep-depth')
    """
    owner = project_of(project)
    sweep = planned_sweep(file, owner)
    folder = Path(f"sweep-{sweep.plan.name}") if to is None else checked_path("to", to)
    _check_folder(folder)
    found = _read(sweep, reporter)
    if not found.runs:
        raise NotFound(f"{sweep.folder.root}: nothing is recorded yet", hint="`obrelease sweep run` measures")
    sections = [_section(response, x, y) for response in _responses(found.runs, metrics, (x, y))]
    written = {VALUES: _values(found.runs)}
    for section in sections:
        stem = slug(f"{section.response.subject}-{section.response.metric}")[:48]
        for number, picture in enumerate(section.pictures, start=1):
            written[f"{stem}-{number:02}.svg"] = picture.svg
    written[PAGE] = _page(owner.name, sweep, found, sections)
    _write(folder, written)
    return CollectReport(
        folder, tuple(written), len(sweep.plan.cells), len(found.runs), tuple(found.unreadable)
    )


def _read(sweep: PlannedSweep, reporter: Reporter) -> _Collected:
    """The runs of the recorded cells, in the order of the plan."""
    done = read_done(sweep.folder)
    store = Registry(sweep.folder.results)
    entries = {entry.digest: entry for entry in store.find()} if done else {}
    found = _Collected()
    with reporter.progress(f"reading {sweep.plan.name}", len(done)) as advance:
        for cell in sweep.plan.cells:
            if (outcome := done.get(cell.key)) is None:
                continue
            advance(1)
            if (entry := entries.get(outcome.digest)) is None:
                found.unreadable.append(f"{outcome.digest[:12]}: is not in {sweep.folder.results}")
                continue
            try:
                artefact = store.load(entry)
                run = read_run(artefact, digest=entry.digest, folder=entry.folder, every_histogram=False)
            except ObreleaseError as error:
                found.unreadable.append(error.message)
                continue
            stable = artefact.host.stable
            machine = f"{outcome.host} ({stable.cpu_model}, {stable.cpu_count} processors)"
            found.runs.append(_Measured(cell, run, machine))
    return found


def _figures(run: Run) -> tuple[Figure, ...]:
    return (*throughput_figures(run), *latency_figures(run), *measures(run))


def _chosen(run: Run, metrics: Sequence[str]) -> Iterator[Figure]:
    """The figures that are drawn: those that were named, or the headline and the p99 of the latency."""
    if metrics:
        yield from (f for f in _figures(run) if any(name_matches(f.metric, name) for name in metrics))
        return
    if (first := headline(run)) is not None:
        yield first
    yield from (figure for figure in latency_figures(run) if figure.metric.endswith(" p99"))


def _responses(
    runs: Sequence[_Measured], metrics: Sequence[str], axes: tuple[str | None, str | None]
) -> list[Response]:
    """A response for each subject and metric.

    Raises:
        UsageError: no run has such a metric, or no subject has such a parameter.
    """
    points: dict[tuple[str, str, str, Direction | None], list[PointValues]] = {}
    for each in runs:
        for figure in _chosen(each.run, metrics):
            key = (each.cell.subject, figure.metric, figure.unit, figure.direction)
            points.setdefault(key, []).append(PointValues(each.cell.point, (float(figure.value),)))
    if not points:
        names = sorted({figure.metric for each in runs for figure in _figures(each.run)})
        raise UsageError(f"no run has a metric {', '.join(metrics)}", hint=f"metrics: {', '.join(names)}")
    found = [Response(*key, merged_points(values)) for key, values in points.items()]
    known = {name for response in found for name in response.axes()}
    for name in axes:
        if name is not None and name not in known:
            raise UsageError(
                f"no parameter {name!r} varies in this sweep", hint=f"parameters: {', '.join(sorted(known))}"
            )
    return [response if SEED in axes else response.without(SEED) for response in found]


def _section(response: Response, x: str | None, y: str | None) -> SweepSection:
    # Imported here: they load matplotlib, which only a collection that writes pictures needs.
    from obrelease.analysis.sweeps.plots import response_pictures
    from obrelease.site.sweep_page import SweepSection

    own = response.axes()
    chosen = [name if name in own else None for name in (x, y)]
    return SweepSection(response, tuple(response_pictures(response, *chosen)))


def _values(runs: Sequence[_Measured]) -> bytes:
    """Every figure of every run as CSV: what the pictures are drawn from, and all else."""
    names = list(dict.fromkeys(name for each in runs for name in each.cell.point))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("subject", *names, *_COLUMNS))
    for each in runs:
        point: Mapping[str, Scalar] = each.cell.point
        values = [value_text(point[name]) if name in point else "" for name in names]
        for figure in _figures(each.run):
            facts = (each.run.digest, each.host, each.cell.repeat, figure.metric, figure.unit, figure.value)
            writer.writerow((each.cell.subject, *values, *facts))
    return text.getvalue().encode("utf-8", "replace")


def _page(project: str, sweep: PlannedSweep, found: _Collected, sections: Sequence[SweepSection]) -> bytes:
    from obrelease.site.sweep_page import sweep_page

    cells = {cell.key: cell for cell in sweep.plan.cells}
    recorded = {each.cell.key for each in found.runs}
    failed = {key: each for key, each in read_failed(sweep.folder).items() if key in cells}
    failures = [
        f"{_cell_text(cells[key])}: {outcome.reason}"
        for key, outcome in failed.items()
        if key not in recorded
    ]
    return sweep_page(
        sweep.plan.name,
        sections,
        project=project,
        state=f"{len(recorded)} of {len(cells)} cells are recorded, {len(failures)} failed.",
        hosts=sorted({each.host for each in found.runs}),
        failures=[*failures, *found.unreadable],
    )


def _cell_text(cell: Cell) -> str:
    point = " ".join(f"{name}={value_text(value)}" for name, value in cell.point.items())
    return f"{cell.subject} {point}, repeat {cell.repeat}"


def _check_folder(folder: Path) -> None:
    """Refuse a folder with files of others: pictures of an earlier call are removed from it."""
    with storage_errors(folder, "cannot be listed"):
        if not folder.exists():
            return
        if not folder.is_dir():
            raise UsageError(f"{folder}: is not a folder", hint="name another one: --to DIR")
        others = sorted(path.name for path in folder.iterdir() if not _OWN_FILES.fullmatch(path.name))
    if others:
        raise UsageError(
            f"{folder}: has files that are not of a sweep, such as {others[0]!r:.60}",
            hint="name a new folder: --to DIR",
        )


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    with storage_errors(folder, "cannot be made"):
        make_folders(folder)
        for path in sorted(folder.iterdir()):
            if path.name not in files:
                path.unlink()
    for name, data in files.items():
        write_page(folder / name, data)
