"""Measure the work tree and another commit, interleaved, and compare them."""

from __future__ import annotations

from collections.abc import Sequence

from obrelease.analysis.comparison.compare import compare
from obrelease.api.compare_runs import ComparisonReport
from obrelease.api.project import ProjectLike, project_of
from obrelease.api.run_modes import DEFAULT_BENCH_SEED, DEFAULT_PASSES
from obrelease.api.run_selection import read_runs
from obrelease.errors import NotFound, UsageError
from obrelease.measurement.engine_side import run_from_tree
from obrelease.measurement.host_lock import DEFAULT_WAIT_S, host_lock
from obrelease.measurement.interleave import measure_interleaved
from obrelease.measurement.native_core import build_native
from obrelease.measurement.side_trees import SideTree, side_trees
from obrelease.registry.store import Registry
from obrelease.storage.reporter import SILENT, Reporter

MIN_RUNS = 4
MAX_RUNS = 100

_ENGINE = ("engine/obengine/__init__.py", "obrelease/__init__.py")


def bench_against(
    ref: str,
    *,
    runs: int = 6,
    scenario: str = "baseline",
    seed: int = DEFAULT_BENCH_SEED,
    core: str = "auto",
    passes: int = DEFAULT_PASSES,
    messages: int | None = None,
    fresh_processes: bool = False,
    force: bool = False,
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> ComparisonReport:
    """Measure a commit and the work tree in turn, record every run, and compare them.

    Args:
        ref: the base, a commit of the project's repository.
        runs: processes on each side.
        core: as for `run_bench`; `auto` takes the fastest that both sides have.
        scenario, seed, passes, messages, fresh_processes: as for `run_bench`.
        force: compare runs that are not alike.

    Raises:
        UsageError: the number of runs is out of range, or the core cannot be built.
        NotFound: no such commit, or no engine in it or in the work tree.
        MeasurementFailed: a side could not be measured.
        Inconclusive: the two sides did not run the same workload, or gave different events.
    """
    if not MIN_RUNS <= runs <= MAX_RUNS:
        raise UsageError(f"--runs is from {MIN_RUNS} to {MAX_RUNS}, not {runs}")
    words = ["--scenario", scenario, "--seed", str(seed), "--passes", str(passes)]
    words += [] if messages is None else ["--messages", str(messages)]
    words += ["--fresh-processes"] if fresh_processes else []
    owner = project_of(project)
    registry = Registry(owner.results_folder(must_exist=False))
    with (
        host_lock(f"run bench --against {ref}", wait_s=DEFAULT_WAIT_S, reporter=reporter),
        side_trees(owner.root, ref, ignoring=owner.outputs, store=Registry(owner.results)) as sides,
    ):
        _require_engine(ref, sides)
        chosen = _choose_core(core, sides, reporter)
        command = ["run", "bench", *words, "--core", chosen, "--results", str(owner.results.absolute())]
        with reporter.progress(f"against {ref}", 2 * runs) as advance:
            digests = measure_interleaved(
                lambda side: run_from_tree(sides[side], command), runs=runs, advance=advance
            )
    first, second = (read_runs([registry.resolve(digest) for digest in side]) for side in digests)
    return ComparisonReport.of_runs(compare(first, second, force=force, same_host=True))


def _require_engine(ref: str, sides: Sequence[SideTree]) -> None:
    """Raise before anything is built: a tree without an engine would measure another installation."""
    without = [side.name for side in sides if not all((side.folder / file).is_file() for file in _ENGINE)]
    if not without:
        return
    tree = "this repository" if "head" in without else f"the commit {ref}"
    raise NotFound(
        f"{tree} holds no engine to compare",
        hint="`obrelease measure --against REF -- COMMAND` measures any other program",
    )


def _choose_core(core: str, sides: Sequence[SideTree], reporter: Reporter) -> str:
    """Build the native core of both trees unless only the reference is asked for."""
    if core == "reference":
        return core
    reporter.note("building the native core of both sides: a minute or two each")
    reasons = [(side.name, reason) for side in sides if (reason := build_native(side.folder))]
    if not reasons:
        return "native"
    side, reason = reasons[0]
    if core == "native":
        raise UsageError(
            f"the native core of the {side} cannot be built: {reason}", hint="use --core reference"
        )
    reporter.note(f"comparing the reference core: the native one of the {side} cannot be built: {reason}")
    return "reference"
