"""Measure a command, a benchmark of the settings or a Python function, alone or against another commit."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from obrelease.analysis.comparison.gate import GateVerdict
from obrelease.analysis.comparison.gate_policy import GatePolicy, read_gate_policy
from obrelease.analysis.summary.run import Run
from obrelease.api.arguments import checked_path
from obrelease.api.clock import now_ns
from obrelease.api.confirming_runs import CONFIRMATION, ROUND_LABEL
from obrelease.api.measure_verdict import (
    DEFAULT_THRESHOLD_PERCENT,
    MeasuredComparison,
    compare_sides,
    confirm,
    default_policy,
)
from obrelease.api.measured_metrics import MetricRow, metric_rows
from obrelease.api.measured_runs import measuring_command, record_measured, side_here
from obrelease.api.project import Project, ProjectLike, project_of
from obrelease.api.run_selection import read_runs
from obrelease.errors import NotFound, UsageError
from obrelease.measurement.benchmark import (
    DEFAULT_RUNS,
    MIN_RUNS_TO_COMPARE,
    Benchmark,
    CommandLine,
    command_text,
)
from obrelease.measurement.function_timing import time_function
from obrelease.measurement.host_lock import DEFAULT_WAIT_S, host_lock
from obrelease.measurement.measure_benchmark import BenchmarkMeasurement, MeasuredRun
from obrelease.measurement.noise import Noise, NoiseProbe, noise_remarks
from obrelease.measurement.side_trees import side_trees
from obrelease.measurement.sides import Side, shared_paths, side_of_tree
from obrelease.measurement.timed_run import function_tool_run
from obrelease.models.artefact import MEASURE_COMMAND
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.remote.git.repository import repository_at
from obrelease.storage.reporter import SILENT, Reporter
from obrelease.version import VERSION

if TYPE_CHECKING:
    from obrelease.models.artefact import Scalar

WAIT_S: Final = DEFAULT_WAIT_S
"""How long a measurement waits for another one on the host, in seconds."""


@dataclass(frozen=True, slots=True)
class MeasureReport:
    """What was measured, every run of it recorded.

    Attributes:
        title: the name of the workload.
        base, head: the runs of each side; without a comparison `base` is empty.
        runs: the runs of `head`, ready to be read.
        comparison: the comparison of both sides; None if one side was measured.
        remarks: warm-up, outliers and noise, for people.
    """

    title: str
    base: tuple[Entry, ...]
    head: tuple[Entry, ...]
    runs: tuple[Run, ...]
    comparison: MeasuredComparison | None
    remarks: tuple[str, ...]

    @property
    def rows(self) -> tuple[MetricRow, ...]:
        """A row for each metric of the runs of `head`."""
        return metric_rows(self.runs)

    @property
    def passed(self) -> bool:
        """Whether no regression was found, and none could have been missed; True without a comparison."""
        return self.comparison is None or self.comparison.verdict is GateVerdict.OK

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease measure --json` prints."""
        sides = {"base": [e.digest for e in self.base], "head": [e.digest for e in self.head]}
        compared = {} if self.comparison is None else self.comparison.to_json()
        rows = {} if self.comparison else {"metrics": [asdict(row) for row in self.rows]}
        return {"title": self.title, "runs": sides, **rows, **compared, "remarks": list(self.remarks)}


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """How a benchmark is measured.

    Attributes:
        against: a commit to measure in turn with the work tree; None to measure the folder alone.
        policy: what is a regression.
        confirm: measure again before a regression is reported.
        folder: the working folder of the commands; the root of the project if None.
        labels: facts of the runs.
        command: the command line that is recorded; empty for that of the benchmark's own command.
        named: whether the title is the user's own; else a tool's own title is kept.
        wait_s: how long to wait for another measurement on this host.
    """

    against: str | None = None
    policy: GatePolicy | None = None
    confirm: bool = False
    folder: Path | None = None
    labels: Mapping[str, Scalar] | None = None
    command: tuple[str, ...] = ()
    named: bool = False
    wait_s: float = WAIT_S


def measure(
    what: str | Sequence[str] | Callable[[], object],
    *,
    title: str | None = None,
    against: str | None = None,
    runs: int = DEFAULT_RUNS,
    executions: int | None = None,
    build: str | Sequence[str] | None = None,
    format_name: str | None = None,
    files: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    labels: Mapping[str, Scalar] | None = None,
    threshold_percent: float = DEFAULT_THRESHOLD_PERCENT,
    policy: str | os.PathLike[str] | None = None,
    confirm_regressions: bool = False,
    ignore_failure: bool = False,
    folder: str | os.PathLike[str] | None = None,
    wait_s: float = WAIT_S,
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> MeasureReport:
    """Measure a command or a Python function in fresh processes and record each run.

    Args:
        what: a text for a shell, words that are executed without a shell, or a function without arguments,
            which is called in forked processes.
        title: the name of the workload; the command, or the function's name, if None.
        against: a commit. It and the work tree are copied, built and measured in turn, then compared.
        runs: fresh processes to measure, on each side.
        executions: of a command, or samples of a function, in each run; chosen by its duration if None.
        build: run once in each tree before; as `what`.
        format_name: the format of the results that the command writes; None to time the command itself.
        files: shell patterns of the results files, relative to the folder; without any, the file that
            `{output}` in the command stands for, or else the standard output, is read.
        environment: variables for the commands.
        labels: facts of the runs; they do not decide whether runs compare.
        threshold_percent: the smallest slowdown that matters.
        policy: a gate policy in place of `threshold_percent`.
        confirm_regressions: measure again with fresh runs before a regression is reported.
        ignore_failure: measure a command that fails all the same.
        folder: the working folder, the root of the project if None.
        wait_s: how long to wait for another measurement on this host, in seconds.
        project: whose results folder records the runs.

    Raises:
        UsageError: an argument is not valid, or a function is measured against a commit.
        NotFound: a program, a folder, a commit or the repository does not exist.
        MeasurementFailed: a build or the command failed; runs that were recorded before stay.
        Conflict: another measurement runs on this host.
        Inconclusive: the two sides cannot be compared.
        InvalidInput: the results file or the policy is malformed.
        StorageError: the disk refused.

    Example:
        >>> report = measure(["./bench", "--size", "1000"], against="main", build="make bench")
        >>> report.passed
    """
    options = MeasureOptions(
        against=against,
        policy=policy_of(policy, threshold_percent),
        confirm=confirm_regressions,
        folder=None if folder is None else checked_path("folder", folder),
        labels=labels,
        named=title is not None,
        wait_s=wait_s,
    )
    owner = project_of(project)
    if callable(what):
        if against is not None or build is not None or format_name is not None or files or environment:
            raise UsageError(
                "a function is measured in this process's own tree: no commit, build, format or environment",
                hint="measure a command, such as [sys.executable, 'bench.py']",
            )
        name = title or str(getattr(what, "__qualname__", type(what).__qualname__))
        benchmark = Benchmark(name, ("python",), runs=runs, executions=executions)
        return _measure_function(what, benchmark, options, owner, reporter)
    run = _command_line(what)
    benchmark = Benchmark(
        title or command_text(run)[:4096],
        run,
        build=None if build is None else _command_line(build),
        format=format_name,
        files=tuple(files),
        environment=dict(environment or {}),
        runs=runs,
        executions=executions,
        ignore_failure=ignore_failure,
    )
    return measure_benchmark(benchmark, options, project=owner, reporter=reporter)


def measure_benchmark(
    benchmark: Benchmark,
    options: MeasureOptions,
    *,
    project: ProjectLike = ".",
    reporter: Reporter = SILENT,
) -> MeasureReport:
    """Measure a benchmark; raises as `measure`."""
    owner = project_of(project)
    if options.against is not None and benchmark.runs < MIN_RUNS_TO_COMPARE:
        raise UsageError(
            f"--runs is {benchmark.runs}; a comparison needs {MIN_RUNS_TO_COMPARE} on each side",
            hint="six or more find smaller changes",
        )
    registry = Registry(owner.results_folder(must_exist=False))
    folder = (options.folder or owner.root).resolve()
    checkout: Path | None = None
    with ExitStack() as held:
        held.enter_context(host_lock(benchmark.title, wait_s=options.wait_s, reporter=reporter))
        if options.against is None:
            sides = [side_here(owner, folder, reporter)]
        else:
            sides, checkout = _two_sides(held, owner, folder, options.against)
            for warning in shared_paths(benchmark, owner.root.resolve()):
                reporter.warn(warning)
        measurement = BenchmarkMeasurement(
            benchmark, sides, version=VERSION, now_ns=now_ns, cpu_count=os.cpu_count() or 1
        )
        measurement.build(reporter)
        if checkout is not None:
            measurement.separate(checkout, folder, reporter)
        measurement.prepare()
        record = partial(
            record_measured,
            registry,
            options.command or measuring_command(benchmark),
            named=options.named,
        )
        labels = dict(options.labels or {})
        found = _run(measurement, partial(record, labels=labels), benchmark, reporter)
        if len(found) == 1:
            return _single(benchmark, found[0], measurement)
        comparison = _compared(options, found)
        if options.confirm and comparison.verdict is GateVerdict.REGRESSION:
            reporter.note("a regression: measuring again to confirm it")
            labels[ROUND_LABEL] = CONFIRMATION
            again = _run(measurement, partial(record, labels=labels), benchmark, reporter)
            comparison = confirm(comparison, _compared(options, again))
            found = tuple((*first, *second) for first, second in zip(found, again, strict=True))
    runs = read_runs(found[1])
    return MeasureReport(benchmark.title, found[0], found[1], runs, comparison, measurement.remarks())


_Record = Callable[[Side, Sequence[MeasuredRun]], tuple[Entry, ...]]


def _run(
    measurement: BenchmarkMeasurement, record: _Record, benchmark: Benchmark, reporter: Reporter
) -> tuple[tuple[Entry, ...], ...]:
    total = benchmark.runs * len(measurement.sides)
    with reporter.progress(f"measure {benchmark.title[:40]}", total) as advance:
        return measurement.run_sides(record, benchmark.runs, advance)


def _compared(options: MeasureOptions, found: Sequence[Sequence[Entry]]) -> MeasuredComparison:
    policy = options.policy or default_policy(DEFAULT_THRESHOLD_PERCENT)
    return compare_sides(policy, read_runs(found[0]), read_runs(found[1]))


def _single(
    benchmark: Benchmark, found: tuple[Entry, ...], measurement: BenchmarkMeasurement
) -> MeasureReport:
    return MeasureReport(benchmark.title, (), found, read_runs(found), None, measurement.remarks())


def _two_sides(held: ExitStack, owner: Project, folder: Path, ref: str) -> tuple[list[Side], Path]:
    """Both sides, and the top folder of the checkout that they are copies of."""
    with repository_at(folder) as repo:
        if repo is None:
            raise NotFound(
                f"{folder}: is not inside a git work tree", hint="--against measures commits of a repository"
            )
        checkout = repo.root
        below = folder.relative_to(checkout)
    trees = held.enter_context(side_trees(folder, ref, ignoring=owner.outputs, store=Registry(owner.results)))
    return [side_of_tree(tree, below) for tree in trees], checkout


def _measure_function(
    function: Callable[[], object],
    benchmark: Benchmark,
    options: MeasureOptions,
    owner: Project,
    reporter: Reporter,
) -> MeasureReport:
    registry = Registry(owner.results_folder(must_exist=False))
    side = side_here(owner, owner.root.resolve(), reporter)
    noises: list[Noise] = []
    found: list[Entry] = []
    with (
        host_lock(benchmark.title, wait_s=options.wait_s, reporter=reporter),
        reporter.progress(f"measure {benchmark.title[:40]}", benchmark.runs) as advance,
    ):
        for _ in range(benchmark.runs):
            created_ns, probe = now_ns(), NoiseProbe()
            timing = time_function(function, samples=benchmark.executions)
            noises.append(probe.noise(timing.preemptions))
            tool_run = function_tool_run(
                benchmark.title,
                timing.seconds,
                noises[-1],
                version=VERSION,
                created_ns=created_ns,
                parameters={"process": "forked"},
            )
            run = MeasuredRun(benchmark.title, tool_run, noises[-1], python=True)
            found += record_measured(
                registry,
                (*MEASURE_COMMAND, benchmark.title),
                side,
                [run],
                labels=options.labels,
                named=options.named,
            )
            advance(1)
    entries = tuple(found)
    remarks = tuple(noise_remarks(noises, os.cpu_count() or 1))
    return MeasureReport(benchmark.title, (), entries, read_runs(entries), None, remarks)


def policy_of(policy: str | os.PathLike[str] | None, threshold_percent: float) -> GatePolicy:
    """The policy of a file, or one threshold for every metric; raises as `measure`."""
    if policy is not None:
        return read_gate_policy(checked_path("policy", policy))
    if not 0 < threshold_percent <= 1000:
        raise UsageError(f"the threshold is {threshold_percent} %; it is above 0 and at most 1000")
    return default_policy(threshold_percent)


def _command_line(what: str | Sequence[str]) -> CommandLine:
    if isinstance(what, str):
        return what
    words = tuple(what)
    if not all(isinstance(word, str) for word in words):
        raise UsageError("the words of a command must be texts", hint="pass str(path) for a path")
    return words
