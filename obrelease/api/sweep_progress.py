"""How far a sweep is, and who measures what."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from obrelease.api.project import ProjectLike, project_of
from obrelease.api.sweep_planning import SWEEP_FILE, planned_sweep
from obrelease.measurement.sweeps.process_identity import this_process
from obrelease.measurement.sweeps.progress import HeldCell, SweepProgress, read_progress


@dataclass(frozen=True, slots=True)
class SweepStatus:
    """The state of a sweep at one moment."""

    name: str
    progress: SweepProgress

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease sweep status --json` prints."""
        found = self.progress
        return {
            "name": self.name,
            "cells": len(found.cells),
            "done": len(found.done),
            "failed": {key: cell.reason for key, cell in found.failed.items()},
            "waiting": found.waiting,
            "held": [_held_json(each) for each in found.held],
            "cells_per_minute": found.cells_per_minute,
            "remaining_s": found.remaining_s,
        }


def _held_json(held: HeldCell) -> dict[str, Any]:
    owner = held.claim.owner
    return {
        "cell": held.cell.key,
        "point": dict(held.cell.point),
        "repeat": held.cell.repeat,
        "host": owner.process.host if owner else None,
        "process": owner.process.pid if owner else None,
        "claimed_ns": owner.claimed_ns if owner else None,
        "running": held.running,
    }


def read_sweep_status(
    file: str | os.PathLike[str] = SWEEP_FILE, *, project: ProjectLike = "."
) -> SweepStatus:
    """Read how far a sweep is; changes nothing.

    Raises:
        NotFound: there is no such file, or it was not planned.
        InvalidInput: the file, its plan or an outcome is malformed, or they do not agree.
        StorageError: a file cannot be read.
    """
    sweep = planned_sweep(file, project_of(project))
    return SweepStatus(sweep.plan.name, read_progress(sweep.folder, sweep.plan.cells, this_process()))
