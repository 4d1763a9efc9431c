"""A worker process of a sweep: `python -m obrelease.api.sweep_worker`, with its request as a line on stdin.

Its standard input stays open as long as its parent lives. What it prints is one JSON document: the error that
ended it, or an empty object.
"""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from obrelease.api.project import Project
from obrelease.api.sweep_planning import PlannedSweep, planned_sweep
from obrelease.api.sweep_serving import serve
from obrelease.api.sweep_shard import parse_shard
from obrelease.errors import ExitCode, InvalidInput, ObreleaseError
from obrelease.measurement.parent_death import end_with_parent, end_with_stream

INTERRUPTED: Final = int(ExitCode.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class WorkerRequest:
    """What a worker process must know.

    Attributes:
        root, results, outputs: of the project.
        file: the sweep file.
        plan_digest: of the plan that its parent read.
        shard: such as `3/8`.
        wait_s: how long to wait for other measurements on this host, in seconds.
    """

    root: str
    results: str
    outputs: tuple[str, ...]
    file: str
    plan_digest: str
    shard: str
    wait_s: float

    @classmethod
    def of(cls, owner: Project, file: Path, plan_digest: str, *, shard: str, wait_s: float) -> WorkerRequest:
        """The request for a project and a sweep file, by paths that hold in any working folder."""
        return cls(
            root=str(owner.root.resolve()),
            results=str(owner.results.resolve()),
            outputs=tuple(str(path.resolve()) for path in owner.outputs),
            file=str(file.resolve()),
            plan_digest=plan_digest,
            shard=shard,
            wait_s=wait_s,
        )

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> WorkerRequest:
        """The request that `dataclasses.asdict` gave."""
        return cls(**{**values, "outputs": tuple(values["outputs"])})

    @property
    def project(self) -> Project:
        """The project, as far as a measurement needs it."""
        return Project.at(self.root, results=self.results, outputs=tuple(map(Path, self.outputs)))


def requested_sweep(request: WorkerRequest) -> PlannedSweep:
    """The sweep of a request, by the plan that its parent read.

    Raises:
        NotFound, InvalidInput, StorageError: as `planned_sweep`, or it was planned again meanwhile.
    """
    sweep = planned_sweep(request.file, request.project)
    if sweep.plan_digest != request.plan_digest:
        raise InvalidInput(
            f"{sweep.folder.plan}: is not the plan that this sweep was started with", hint="start it again"
        )
    return sweep


def _serve(request: WorkerRequest) -> None:
    sweep = requested_sweep(request)
    cells = parse_shard(request.shard).of(sweep.plan.cells)
    serve(sweep, cells, request.project, wait_s=request.wait_s)


def main() -> int:
    """Serve the request on stdin; returns the exit code."""
    end_with_parent()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        request = WorkerRequest.from_json(json.loads(sys.stdin.buffer.readline()))
        end_with_stream(sys.stdin.buffer)
        _serve(request)
    except ObreleaseError as error:
        document = {"code": int(error.exit_code), "message": error.message, "hint": error.hint}
        sys.stdout.write(json.dumps(document))
        return int(error.exit_code)
    except KeyboardInterrupt:
        return INTERRUPTED
    sys.stdout.write("{}")
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Not sys.exit: the thread that reads stdin would keep the interpreter from ending in order.
    import os

    os._exit(code)
