"""The head of several worker processes on this machine: starts them, replaces those that are killed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from time import sleep
from typing import Final

from obrelease.api.project import Project
from obrelease.api.sweep_planning import PlannedSweep
from obrelease.api.sweep_shard import Shard
from obrelease.api.sweep_worker import WorkerRequest
from obrelease.errors import CheckFailed, ExitCode, ObreleaseError, StorageError
from obrelease.measurement.sweeps.outcomes import settled_keys
from obrelease.storage.system_errors import storage_errors

_WORKER: Final = "obrelease.api.sweep_worker"
_POLL_S: Final = 0.1
_END_S: Final = 10
_MAX_ANSWER_BYTES: Final = 65_536

Worker = subprocess.Popen[bytes]


def run_processes(
    sweep: PlannedSweep,
    shard: Shard,
    owner: Project,
    count: int,
    *,
    wait_s: float,
    progress: Callable[[], None],
) -> None:
    """Keep `count` workers running until all cells of the shard are settled.

    A worker that was killed is replaced. One that ended with an error is not; when all have ended and cells
    are left, the error of the first one is raised. They end when this process ends, however that happens.

    Raises:
        ObreleaseError: what ended a worker.
        CheckFailed: the workers ended without a reason.
    """
    request = WorkerRequest.of(owner, sweep.file, sweep.plan_digest, shard=str(shard), wait_s=wait_s)
    keys = {cell.key for cell in shard.of(sweep.plan.cells)}
    workers: list[Worker] = []
    errors: list[ObreleaseError] = []
    try:
        workers += [_start(request) for _ in range(count)]
        while workers:
            for worker in [each for each in workers if each.poll() is not None]:
                workers.remove(worker)
                if worker.returncode < 0 and not keys <= settled_keys(sweep.folder):
                    workers.append(_start(request))
                elif worker.returncode != 0:
                    errors.append(_error_of(worker))
                _close(worker)
            progress()
            sleep(_POLL_S)
    finally:
        _end(workers)
    if not keys <= settled_keys(sweep.folder):
        raise errors[0] if errors else CheckFailed("the workers ended before every cell was measured")


def _start(request: WorkerRequest) -> Worker:
    with storage_errors(Path(sys.executable), "cannot be started"):
        worker = subprocess.Popen(
            [sys.executable, "-m", _WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    with suppress(BrokenPipeError):
        assert worker.stdin is not None
        worker.stdin.write(json.dumps(asdict(request)).encode() + b"\n")
        worker.stdin.flush()
    return worker


def _error_of(worker: Worker) -> ObreleaseError:
    """The error that ended a worker, with the class that has its exit code."""
    assert worker.stdout is not None
    try:
        answer = json.loads(worker.stdout.read(_MAX_ANSWER_BYTES) or b"{}")
        message, hint, code = answer["message"], answer["hint"], answer["code"]
    except (ValueError, KeyError, TypeError):
        return CheckFailed(f"a worker ended with exit code {worker.returncode}")
    kinds = {kind.exit_code: kind for kind in ObreleaseError.__subclasses__()}
    return kinds.get(ExitCode(code), StorageError)(message, hint=hint)


def _end(workers: list[Worker]) -> None:
    """Let the workers give their cells free; kill those that do not end."""
    for worker in workers:
        worker.terminate()
    for worker in workers:
        try:
            worker.wait(_END_S)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()
        _close(worker)


def _close(worker: Worker) -> None:
    for stream in (worker.stdin, worker.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
