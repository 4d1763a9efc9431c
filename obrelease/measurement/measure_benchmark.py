"""Measures a benchmark in the folders of its sides, run by run, and hands each run over as it is finished."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final, TypeVar

from obrelease.errors import InvalidInput, NotFound
from obrelease.importers.formats import importer_named, read_runs
from obrelease.importers.importer import Importer
from obrelease.importers.source import Source, source_of
from obrelease.importers.tool_run import ToolRun
from obrelease.measurement.benchmark import Benchmark, command_text
from obrelease.measurement.build_tree import build_tree
from obrelease.measurement.interleave import measure_interleaved
from obrelease.measurement.noise import Noise, NoiseProbe, noise_remarks
from obrelease.measurement.outliers import count_outliers
from obrelease.measurement.process import Execution
from obrelease.measurement.shared_imports import separate_imports
from obrelease.measurement.sides import Side
from obrelease.measurement.timed_run import timed_tool_run
from obrelease.measurement.timing import (
    Overhead,
    choose_executions,
    measure_overhead,
    time_run,
    timing_remarks,
    warm_up,
)
from obrelease.measurement.tool_output import run_tool
from obrelease.storage.reporter import Reporter
from obrelease.storage.temporary import temporary_folder

Recorded = TypeVar("Recorded")

_MAX_REMARKS: Final = 20


@dataclass(frozen=True, slots=True)
class MeasuredRun:
    """One run of one side.

    Attributes:
        title: of the benchmark.
        tool_run: the metrics.
        noise: what disturbed the run.
        source, importer: the results file and its reader; None if this program timed the command.
        python: whether the Python that runs this program also ran what was measured.
    """

    title: str
    tool_run: ToolRun
    noise: Noise
    source: Source | None = None
    importer: Importer | None = None
    python: bool = False


Record = Callable[[Side, Sequence[MeasuredRun]], tuple[Recorded, ...]]
"""Records the runs of one process, most often one, and returns what names them."""


class BenchmarkMeasurement:
    """The measurement of one benchmark: `build`, `separate` if two sides, `prepare`, then `run_sides`."""

    def __init__(
        self,
        benchmark: Benchmark,
        sides: Sequence[Side],
        *,
        version: str,
        now_ns: Callable[[], int],
        cpu_count: int,
    ) -> None:
        """Make it for one or two sides.

        Args:
            version: of this program, which is the tool of timed runs.
            now_ns: the clock.
        """
        self.benchmark = benchmark
        self.sides = tuple(sides)
        self._version = version
        self._now_ns = now_ns
        self._cpu_count = cpu_count
        self._importer = None if benchmark.format is None else importer_named(benchmark.format)
        self._overhead: Overhead | None = None
        self._executions = 1
        self._warm_ups: list[Execution] = []
        self._wall_s: dict[str, list[float]] = {side.name: [] for side in self.sides}
        self._remarks: dict[str, None] = {}
        self._noises: list[Noise] = []

    def build(self, reporter: Reporter) -> None:
        """Build every side; raises as `build_tree`."""
        if self.benchmark.build is None:
            return
        for side in self.sides:
            reporter.note(f"building the {side.name}: {command_text(self.benchmark.build)}")
            build_tree(self.benchmark, side.folder, side.name)

    def separate(self, checkout: Path, folder: Path, reporter: Reporter) -> None:
        """Let each of two sides import its own sources; arguments and errors as of `separate_imports`."""
        self.sides = separate_imports(self.benchmark, self.sides, checkout, folder, reporter)

    def prepare(self) -> None:
        """Warm up, and choose how often a timed command is executed; raises as `time_run`."""
        if self._importer is not None:
            return
        try:
            self._warm_ups = [warm_up(self._of(side), side.folder) for side in self.sides]
        except NotFound as error:
            if len(self.sides) == 1:
                raise
            raise NotFound(
                error.message, hint="the copies hold committed and changed files alone: build what is missing"
            ) from error
        self._overhead = measure_overhead(self.benchmark, self.sides[0].folder)
        self._executions = choose_executions(self.benchmark, self._warm_ups)

    def run_sides(
        self, record: Record[Recorded], runs: int, advance: Callable[[int], None]
    ) -> tuple[tuple[Recorded, ...], ...]:
        """Measure all runs, two sides in turn, and record each as soon as it is finished.

        Returns:
            What `record` returned, for each side in the order of measurement.
        """
        if len(self.sides) == 1:
            recorded: list[Recorded] = []
            for _ in range(runs):
                recorded += self._run(0, record)
                advance(1)
            return (tuple(recorded),)
        both = measure_interleaved(lambda side: self._run(side, record), runs=runs, advance=advance)
        return tuple(tuple(one for run in side for one in run) for side in both)

    def remarks(self) -> tuple[str, ...]:
        """What a reader of the results must know: warm-up, outliers, noise."""
        noise = noise_remarks(self._noises, self._cpu_count)
        found = [*self._warm_up_remarks(), *self._outlier_remarks(), *self._remarks, *noise]
        more = [f"and {len(found) - _MAX_REMARKS} more remarks"] if len(found) > _MAX_REMARKS else []
        return (*found[:_MAX_REMARKS], *more)

    def _of(self, side: Side) -> Benchmark:
        """The benchmark with the variables of a side."""
        return replace(self.benchmark, environment={**self.benchmark.environment, **side.environment})

    def _run(self, index: int, record: Record[Recorded]) -> tuple[Recorded, ...]:
        side, benchmark = self.sides[index], self.benchmark
        if self._importer is not None:
            return self._run_tool(side, self._importer, record)
        assert self._overhead is not None, "prepare() comes first"
        created_ns, probe = self._now_ns(), NoiseProbe()
        timing = time_run(self._of(side), side.folder, self._overhead, self._executions)
        noise = probe.noise(sum(each.preemptions for each in timing.executions))
        self._wall_s[side.name] += timing.wall_s
        self._remember(noise, timing_remarks(timing))
        tool_run = timed_tool_run(
            benchmark.title,
            timing,
            noise,
            version=self._version,
            created_ns=created_ns,
            parameters={"command": command_text(benchmark.run)[:4096], "shell": benchmark.has_shell},
        )
        return record(side, [MeasuredRun(benchmark.title, tool_run, noise)])

    def _run_tool(self, side: Side, importer: Importer, record: Record[Recorded]) -> tuple[Recorded, ...]:
        with temporary_folder() as scratch:
            probe = NoiseProbe()
            output = run_tool(self._of(side), side.folder, scratch)
            noise = probe.noise(output.execution.preemptions)
            runs = [
                MeasuredRun(self.benchmark.title, tool_run, noise, source, importer)
                for source in map(_source, output.files)
                for tool_run in read_runs(importer, source)
            ]
            self._remember(noise, (note for run in runs for note in run.tool_run.notes))
            if not runs:
                raise InvalidInput(f"{self.benchmark.title!r:.80}: the results of the tool have no run")
            return record(side, runs)

    def _remember(self, noise: Noise, remarks: Iterable[str] = ()) -> None:
        self._noises.append(noise)
        self._remarks |= dict.fromkeys(remarks)

    def _warm_up_remarks(self) -> list[str]:
        shell = self._overhead.shell if self._overhead else None
        start_up_s = shell.wall_s if shell else 0.0
        return [
            f"warm-up: the first execution of the {side.name} took"
            f" {1e3 * max(0.0, first.wall_s - start_up_s):.2f} ms,"
            f" the median of the others is {1e3 * median(self._wall_s[side.name]):.2f} ms"
            for side, first in zip(self.sides, self._warm_ups, strict=False)
            if self._wall_s[side.name]
        ]

    def _outlier_remarks(self) -> list[str]:
        counts = {name: count_outliers(times) for name, times in self._wall_s.items() if times}
        return [
            f"outliers: {count} of {len(self._wall_s[name])} executions of the {name} are far from the"
            " median; another program may have disturbed them"
            for name, count in counts.items()
            if count
        ]


def _source(path: Path) -> Source:
    return source_of(path, place=path.name)
