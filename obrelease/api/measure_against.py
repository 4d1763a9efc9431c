"""Measure the work tree and another commit, interleaved, and compare them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from obrelease.analysis.comparison.compare import compare
from obrelease.api.compare_runs import ComparisonReport
from obrelease.api.project import Project, ProjectLike, project_of
from obrelease.api.run_modes import DEFAULT_BENCH_SEED, DEFAULT_PASSES
from obrelease.api.run_selection import read_runs
from obrelease.errors import NotFound, UsageError
from obrelease.recorder.build_tree import build_native
from obrelease.recorder.interleave import measure_interleaved
from obrelease.registry.store import Registry
from obrelease.remote.git.checkout import check_out
from obrelease.remote.git.repository import GitRepository
from obrelease.storage.reporter import SILENT, Reporter
from obrelease.storage.temporary import temporary_folder

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
        CheckFailed: a side could not be measured.
        Inconclusive: the two sides did not run the same workload, or gave different events.
    """
    if not MIN_RUNS <= runs <= MAX_RUNS:
        raise UsageError(f"--runs is from {MIN_RUNS} to {MAX_RUNS}, not {runs}")
    words = ["--scenario", scenario, "--seed", str(seed), "--passes", str(passes)]
    words += [] if messages is None else ["--messages", str(messages)]
    words += ["--fresh-processes"] if fresh_processes else []
    owner = project_of(project)
    registry = Registry(owner.results_folder(must_exist=False))
    with temporary_folder(for_libraries=True) as scratch:
        base, head = scratch.resolve() / "base", scratch.resolve() / "head"
        copy_trees(owner, ref, base, head)
        _require_engine(ref, base, head)
        chosen = _choose_core(core, base, head, reporter)
        command = ["run", "bench", *words, "--core", chosen, "--results", str(owner.results.absolute())]
        with reporter.progress(f"against {ref}", 2 * runs) as advance:
            digests = measure_interleaved((base, head), command, runs=runs, advance=advance)
    first, second = (read_runs([registry.resolve(digest) for digest in side]) for side in digests)
    return ComparisonReport.of_runs(compare(first, second, force=force, same_host=True))


def copy_trees(project: Project, ref: str, base: Path, head: Path) -> None:
    """Copy the commit to `base`; copy HEAD, with the uncommitted changes applied, to `head`."""
    with GitRepository.open(project.root) as repo:
        check_out(repo, ref, base)
        check_out(repo, "HEAD", head)
        for name in repo.changes(project.outputs_below(repo.root)):
            _copy_change(repo.root / name, head / name)


def _require_engine(ref: str, base: Path, head: Path) -> None:
    """Raise before anything is built: a tree without an engine would measure another installation."""
    without = [tree for tree in (base, head) if not all((tree / file).is_file() for file in _ENGINE)]
    if not without:
        return
    tree = "this repository" if head in without else f"the commit {ref}"
    raise NotFound(
        f"{tree} holds no engine to compare",
        hint="--against measures commits of obrelease itself; `obrelease diff` compares recorded runs",
    )


def _copy_change(source: Path, target: Path) -> None:
    if source.is_symlink() or not source.exists():
        target.unlink(missing_ok=True)
    elif source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _choose_core(core: str, base: Path, head: Path, reporter: Reporter) -> str:
    """Build the native core of both trees unless only the reference is asked for."""
    if core == "reference":
        return core
    reporter.note("building the native core of both sides: a minute or two each")
    sides: Sequence[tuple[str, Path]] = (("base", base), ("head", head))
    reasons = [(side, reason) for side, tree in sides if (reason := build_native(tree))]
    if not reasons:
        return "native"
    side, reason = reasons[0]
    if core == "native":
        raise UsageError(
            f"the native core of the {side} cannot be built: {reason}", hint="use --core reference"
        )
    reporter.note(f"comparing the reference core: the native one of the {side} cannot be built: {reason}")
    return "reference"
