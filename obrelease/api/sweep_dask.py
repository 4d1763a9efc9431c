"""The head of a sweep on a Dask cluster: a task for each cell, and claims that make each count once.

Dask runs the task of a worker that died again, and may run it twice; see issue 7870 of distributed. So a task
only offers a cell to a worker, and the claim decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import cache
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

from obrelease.api.project import Project
from obrelease.api.sweep_cells import cell_measurement
from obrelease.api.sweep_planning import PlannedSweep
from obrelease.api.sweep_serving import sweep_worker
from obrelease.api.sweep_worker import WorkerRequest, requested_sweep
from obrelease.errors import ExitCode, ObreleaseError, RemoteError, StorageError, UsageError
from obrelease.installation import install_extra
from obrelease.measurement.sweeps.cells import Cell
from obrelease.measurement.sweeps.outcomes import settled_keys
from obrelease.measurement.sweeps.worker import Step, SweepWorker

if TYPE_CHECKING:
    from distributed import Client, Future

_CONNECT_S: Final = 10
_POLL_S: Final = 0.5
_PAUSE_S: Final = 0.2
_TASKS_PER_THREAD: Final = 2


def run_on_dask(
    address: str,
    sweep: PlannedSweep,
    cells: Sequence[Cell],
    owner: Project,
    *,
    wait_s: float,
    progress: Callable[[], None],
) -> None:
    """Have the workers of a scheduler measure cells until all are settled.

    Args:
        address: of the scheduler, such as `tcp://10.0.0.1:8786`.
        wait_s: how long to wait for other measurements, and for workers if there are none, in seconds.

    Raises:
        UsageError: `obrelease[sweep]` is not installed.
        RemoteError: the scheduler cannot be reached, or has no workers.
        ObreleaseError: what a worker reported, such as a results folder that it does not share.
    """
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("a Dask cluster needs Dask", hint=install_extra("sweep")) from None
    request = WorkerRequest.of(owner, sweep.file, sweep.plan_digest, shard="1/1", wait_s=wait_s)
    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise RemoteError(
            f"{address}: no Dask scheduler answers", hint="start one: dask scheduler --host HOST"
        ) from error
    with client, client.as_current():
        _Head(client, asdict(request), sweep, cells, wait_s).run(progress)


class _Head:
    """Submits tasks for what is left, a few more at a time than there are threads."""

    def __init__(
        self,
        client: Client,
        request: dict[str, Any],
        sweep: PlannedSweep,
        cells: Sequence[Cell],
        wait_s: float,
    ) -> None:
        self._client = client
        self._request = request
        self._sweep = sweep
        self._cells = cells
        self._wait_s = wait_s
        self._tasks: dict[str, Future] = {}
        self._last_worker = monotonic()

    def run(self, progress: Callable[[], None]) -> None:
        while left := self._left():
            self._submit(left)
            self._wait()
            progress()
        for task in self._tasks.values():
            task.cancel()
        progress()

    def _left(self) -> list[str]:
        settled = settled_keys(self._sweep.folder)
        return [cell.key for cell in self._cells if cell.key not in settled]

    def _submit(self, left: Sequence[str]) -> None:
        threads = sum(self._client.nthreads().values())
        if threads:
            self._last_worker = monotonic()
        elif monotonic() - self._last_worker > self._wait_s:
            raise RemoteError("the Dask scheduler has no workers", hint="start some: dask worker ADDRESS")
        for key in left:
            if len(self._tasks) >= max(1, _TASKS_PER_THREAD * threads):
                return
            if key not in self._tasks:
                self._tasks[key] = self._client.submit(
                    measure_on_worker, self._request, key, pure=False, retries=0
                )

    def _wait(self) -> None:
        """Wait for a task to end, or a moment; a task whose worker died is forgotten and submitted again."""
        from distributed import wait

        try:
            wait(list(self._tasks.values()), timeout=_POLL_S, return_when="FIRST_COMPLETED")
        except TimeoutError:
            return
        ended = {key: task for key, task in self._tasks.items() if task.done()}
        for key, task in ended.items():
            del self._tasks[key]
            if task.status == "finished":
                self._check(task.result())
        if ended and all(
            task.status != "finished" or task.result() == _ANSWER_BUSY for task in ended.values()
        ):
            sleep(_PAUSE_S)

    @staticmethod
    def _check(answer: dict[str, Any]) -> None:
        if "code" in answer:
            kinds = {kind.exit_code: kind for kind in ObreleaseError.__subclasses__()}
            kind = kinds.get(ExitCode(answer["code"]), StorageError)
            raise kind(f"a Dask worker: {answer['message']}", hint=answer["hint"])


_ANSWER_BUSY: Final = {"step": Step.BUSY.name}


def measure_on_worker(request: dict[str, Any], key: str) -> dict[str, Any]:
    """Measure one cell in the process of a Dask worker; returns the step, or the error as JSON values."""
    try:
        worker, cells = _worker(WorkerRequest.from_json(request))
        return {"step": worker.step([cells[key]]).name}
    except ObreleaseError as error:
        return {"code": int(error.exit_code), "message": error.message, "hint": error.hint}


_HELD: Final = ExitStack()
"""Scratch folders of this process; another process removes them after its end, see `storage.temporary`."""


@cache
def _worker(request: WorkerRequest) -> tuple[SweepWorker, dict[str, Cell]]:
    """The one worker of this process for a sweep: it remembers source trees, builds and heartbeats."""
    sweep = requested_sweep(request)
    measurement = _HELD.enter_context(cell_measurement(request.project))
    worker = sweep_worker(sweep, measurement, request.wait_s)
    return worker, {cell.key: cell for cell in sweep.plan.cells}
