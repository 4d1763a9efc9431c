"""Submit a sweep to the scheduler of a cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from obrelease.api.project import ProjectLike, project_of
from obrelease.api.sweep_planning import SWEEP_FILE, planned_sweep
from obrelease.measurement.sweeps.claims import prepare_folders
from obrelease.measurement.sweeps.slurm import SlurmArray, batch_script, submit_array

DEFAULT_TASKS: Final = 4
"""Tasks of an array: as many nodes as measure at once."""


@dataclass(frozen=True, slots=True)
class SubmitReport:
    """An array that was submitted, or would be.

    Attributes:
        script: what `sbatch` was given.
        job: the number of the job; None if nothing was submitted.
    """

    script: str
    job: str | None

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease sweep submit --json` prints."""
        return {"script": self.script, "job": self.job}


def submit_sweep(
    file: str | os.PathLike[str] = SWEEP_FILE,
    *,
    tasks: int = DEFAULT_TASKS,
    options: Sequence[str] = (),
    dry_run: bool = False,
    project: ProjectLike = ".",
) -> SubmitReport:
    """Submit a planned sweep as a job array of Slurm; every task measures cells until none is left.

    The nodes must have this program, the project and the results folder under the same paths.

    Args:
        file: the sweep file.
        tasks: of the array.
        options: more options of `sbatch`, such as `--partition=bench`.
        dry_run: only make the script.
        project: whose results folder the nodes share.

    Raises:
        UsageError: a malformed argument.
        NotFound: the sweep was not planned, or there is no `sbatch`.
        InvalidInput: the file or its plan is malformed, or they do not agree.
        RemoteError: Slurm refused.
        StorageError: the disk refused.
    """
    owner = project_of(project)
    sweep = planned_sweep(file, owner)
    results = sweep.folder.results.resolve()
    words = (
        *(sys.executable, "-m", "obrelease", "sweep", "run", str(sweep.file.resolve())),
        *("--results", str(results), "--quiet"),
    )
    array = SlurmArray(
        name=sweep.plan.name,
        tasks=tasks,
        words=words,
        folder=str(owner.root.resolve()),
        log=str(sweep.folder.logs.resolve() / "%A_%a.txt"),
        options=tuple(options),
    )
    script = batch_script(array)
    if dry_run:
        return SubmitReport(script, None)
    prepare_folders(sweep.folder)
    return SubmitReport(script, submit_array(array))
