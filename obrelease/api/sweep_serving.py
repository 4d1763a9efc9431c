"""Measure the cells of a sweep in this process, until all are settled by whomever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import sleep
from typing import Final

from obrelease.api.clock import now_ns
from obrelease.api.project import Project
from obrelease.api.sweep_cells import CellMeasurement, cell_measurement
from obrelease.api.sweep_planning import PlannedSweep
from obrelease.measurement.sweeps.cells import Cell
from obrelease.measurement.sweeps.process_identity import this_process
from obrelease.measurement.sweeps.worker import Step, SweepWorker

_POLL_S: Final = 0.2


def serve(
    sweep: PlannedSweep,
    cells: Sequence[Cell],
    owner: Project,
    *,
    wait_s: float,
    progress: Callable[[], None] = lambda: None,
) -> None:
    """Measure cells in this process until all are settled; raises as `run_sweep`."""
    with cell_measurement(owner) as measurement:
        worker = sweep_worker(sweep, measurement, wait_s)
        while (step := worker.step(cells)) is not Step.FINISHED:
            progress()
            if step is Step.BUSY:
                sleep(_POLL_S)


def sweep_worker(sweep: PlannedSweep, measurement: CellMeasurement, wait_s: float) -> SweepWorker:
    """A worker of this process."""
    return SweepWorker(
        folder=sweep.folder,
        takeover_s=sweep.plan.takeover_seconds,
        here=this_process(),
        now_ns=now_ns,
        measure=measurement.measure,
        wait_s=wait_s,
    )
