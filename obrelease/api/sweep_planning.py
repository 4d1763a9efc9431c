"""Plan a sweep, and find the plan that a sweep file has."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from obrelease.api.arguments import checked_path
from obrelease.api.project import Project, ProjectLike, project_of
from obrelease.measurement.sweeps.adopted_runs import adopt_runs
from obrelease.measurement.sweeps.claims import prepare_folders
from obrelease.measurement.sweeps.expand import ResolvedNames
from obrelease.measurement.sweeps.outcomes import settled_keys
from obrelease.measurement.sweeps.plan import (
    SweepPlan,
    make_plan,
    read_plan,
    require_same_plan,
    write_plan,
)
from obrelease.measurement.sweeps.sweep_file import SweepFile, read_sweep_file
from obrelease.measurement.sweeps.sweep_folder import SweepFolder
from obrelease.recorder.engine_adapter import require_scenario, resolve_core
from obrelease.remote.git.repository import GitRepository

SWEEP_FILE: Final = "sweep.toml"
"""The default name of the file of a sweep."""


@dataclass(frozen=True, slots=True)
class PlanReport:
    """A sweep that was planned.

    Attributes:
        file: the plan.
        cells: how many measurements there are.
        combinations: without the repeats.
        settled: how many of the cells are recorded or failed already.
    """

    name: str
    file: Path
    cells: int
    combinations: int
    settled: int

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease sweep plan --json` prints."""
        return {
            "name": self.name,
            "plan": str(self.file),
            "cells": self.cells,
            "combinations": self.combinations,
            "settled": self.settled,
        }


def plan_sweep(
    file: str | os.PathLike[str] = SWEEP_FILE, *, adopt: bool = False, project: ProjectLike = "."
) -> PlanReport:
    """Write the plan of a sweep into the results folder; cells that were measured before stay measured.

    Args:
        file: the sweep file.
        adopt: also note cells as recorded whose runs came into the results folder in another way, such as by
            `pull_runs`; they are found by their labels.
        project: whose results folder the workers of the sweep share.

    Raises:
        NotFound: the file or a commit does not exist.
        InvalidInput: the file is malformed, or the grid is too large.
        UsageError: no such scenario or core.
        RemoteError: git failed.
        StorageError: the disk refused.

    Example:
        >>> plan_sweep("sweep.toml").cells
        200
    """
    owner = project_of(project)
    results = owner.results_folder(must_exist=False)
    read, digest = read_sweep_file(checked_path("file", file))
    plan = make_plan(read, digest, _resolved(read, owner))
    folder = SweepFolder(results, read.name)
    write_plan(folder, plan)
    if adopt:
        prepare_folders(folder)
        adopt_runs(folder, plan.cells)
    keys = {cell.key for cell in plan.cells}
    return PlanReport(
        name=read.name,
        file=folder.plan,
        cells=len(keys),
        combinations=len(keys) // read.repeats,
        settled=len(keys & settled_keys(folder)),
    )


@dataclass(frozen=True, slots=True)
class PlannedSweep:
    """A sweep whose plan agrees with its file.

    Attributes:
        plan_digest: sha256 of the plan's file, by which other processes know that they read this plan.
    """

    file: Path
    folder: SweepFolder
    plan: SweepPlan
    plan_digest: str


def planned_sweep(file: str | os.PathLike[str], owner: Project) -> PlannedSweep:
    """The plan of a sweep file.

    Raises:
        NotFound: there is no such file, or it was not planned.
        InvalidInput: the file or the plan is malformed, or they do not agree.
    """
    path = checked_path("file", file)
    results = owner.results_folder(must_exist=False)
    read, digest = read_sweep_file(path)
    folder = SweepFolder(results, read.name)
    plan, plan_digest = read_plan(folder)
    require_same_plan(plan, read, digest)
    return PlannedSweep(path, folder, plan, plan_digest)


def _resolved(file: SweepFile, owner: Project) -> ResolvedNames:
    """The cores and commits that the names of a sweep file stand for now."""
    cores = {}
    if file.bench is not None:
        for scenario in file.bench.scenarios:
            require_scenario(scenario)
        cores = {name: resolve_core(name) for name in file.bench.cores}
    refs = {ref for grid in file.command.values() for ref in grid.commits}
    if not refs:
        return ResolvedNames(cores, {})
    with GitRepository.open(owner.root) as repo:
        return ResolvedNames(cores, {ref: repo.commit_of(ref) for ref in sorted(refs)})
