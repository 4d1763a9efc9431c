"""Run a sweep: in this process, in several that it starts, or on a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from obrelease.api.project import ProjectLike, project_of
from obrelease.api.sweep_cells import check_commands
from obrelease.api.sweep_planning import SWEEP_FILE, PlannedSweep, planned_sweep
from obrelease.api.sweep_processes import run_processes
from obrelease.api.sweep_serving import serve
from obrelease.api.sweep_shard import parse_shard
from obrelease.errors import UsageError
from obrelease.measurement.sweeps.cells import Cell
from obrelease.measurement.sweeps.claims import prepare_folders
from obrelease.measurement.sweeps.outcomes import forget_failed, read_done, read_failed, settled_keys
from obrelease.measurement.sweeps.process_identity import this_process
from obrelease.measurement.sweeps.worker import clear_settled
from obrelease.storage.progress import Advance
from obrelease.storage.reporter import SILENT, Reporter

MAX_WORKERS: Final = 256
WAIT_S: Final = 86_400
"""How long a worker waits for other measurements on its host, in seconds."""


@dataclass(frozen=True, slots=True)
class SweepRunReport:
    """A sweep, or a part of it, whose cells are all settled.

    Attributes:
        cells: of this part.
        done: how many of them are recorded.
        failures: why the others failed, by key.
    """

    name: str
    cells: int
    done: int
    failures: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease sweep run --json` prints."""
        return {"name": self.name, "cells": self.cells, "done": self.done, "failures": self.failures}


def run_sweep(
    file: str | os.PathLike[str] = SWEEP_FILE,
    *,
    workers: int = 1,
    shard: str | None = None,
    dask: str | None = None,
    retry_failed: bool = False,
    wait_s: float = WAIT_S,
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> SweepRunReport:
    """Measure the cells of a planned sweep that nobody measured yet, until all are settled.

    Any number of these may run at once, on any number of machines that share the results folder: each cell
    is measured by one of them, and one measurement runs on a machine at a time.

    Args:
        file: the sweep file.
        workers: processes to start on this machine; with 1, this one measures.
        shard: measure a part alone, such as `3/8`.
        dask: the address of a Dask scheduler whose workers measure, such as `tcp://10.0.0.1:8786`.
        retry_failed: measure cells again that failed.
        wait_s: how long to wait for other measurements on this host, in seconds.
        project: whose results folder the workers share.

    Raises:
        UsageError: a malformed argument, or `obrelease[sweep]` is not installed.
        NotFound: there is no such file, or it was not planned.
        InvalidInput: the file or its plan is malformed, or they do not agree.
        Conflict: another measurement ran for longer than `wait_s`.
        CheckFailed: the workers ended before all cells were settled.
        RemoteError: the Dask scheduler cannot be reached.
        StorageError: the disk refused.
    """
    owner = project_of(project)
    part = parse_shard(shard)
    if not 1 <= workers <= MAX_WORKERS:
        raise UsageError(f"there are {workers} workers", hint=f"start from 1 to {MAX_WORKERS}")
    if dask is not None and workers != 1:
        raise UsageError("a Dask cluster has its own workers", hint="pass only one of workers and dask")
    sweep = planned_sweep(file, owner)
    check_commands(sweep.plan.cells)
    prepare_folders(sweep.folder)
    if retry_failed:
        forget_failed(sweep.folder)
    cells = part.of(sweep.plan.cells)
    with reporter.progress(f"sweep {sweep.plan.name}", len(cells)) as advance:
        progress = SettledProgress(sweep, cells, advance)
        if dask is not None:
            from obrelease.api.sweep_dask import run_on_dask

            run_on_dask(dask, sweep, cells, owner, wait_s=wait_s, progress=progress.update)
        elif workers == 1:
            serve(sweep, cells, owner, wait_s=wait_s, progress=progress.update)
        else:
            run_processes(sweep, part, owner, workers, wait_s=wait_s, progress=progress.update)
    clear_settled(sweep.folder, this_process())
    return _report(sweep, cells)


class SettledProgress:
    """Reports how many cells of a part are settled, by whomever."""

    def __init__(self, sweep: PlannedSweep, cells: Sequence[Cell], advance: Advance) -> None:
        """Report to `advance`."""
        self._sweep = sweep
        self._keys = frozenset(cell.key for cell in cells)
        self._advance = advance
        self._shown = 0

    def update(self) -> None:
        """Report what was settled since the last call."""
        count = len(self._keys & settled_keys(self._sweep.folder))
        if count != self._shown:
            self._advance(count - self._shown)
            self._shown = count


def _report(sweep: PlannedSweep, cells: Sequence[Cell]) -> SweepRunReport:
    keys = [cell.key for cell in cells]
    done, failed = read_done(sweep.folder), read_failed(sweep.folder)
    return SweepRunReport(
        name=sweep.plan.name,
        cells=len(keys),
        done=sum(key in done for key in keys),
        failures={key: failed[key].reason for key in keys if key in failed and key not in done},
    )
