"""What the command line asks to be measured: benchmarks of the settings, or one command."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from obrelease.api.measure_command import (
    WAIT_S,
    MeasureOptions,
    MeasureReport,
    measure_benchmark,
    policy_of,
)
from obrelease.api.measure_verdict import DEFAULT_THRESHOLD_PERCENT
from obrelease.api.project import Project
from obrelease.errors import NotFound, UsageError
from obrelease.measurement.benchmark import (
    DEFAULT_RUNS,
    Benchmark,
    CommandLine,
    command_text,
    read_benchmark,
    split_words,
)
from obrelease.models.artefact import MEASURE_COMMAND
from obrelease.storage.reporter import Reporter


@dataclass(frozen=True, slots=True)
class MeasureRequest:
    """The arguments of `obrelease measure`; None for what was not given.

    Attributes:
        words: a benchmark of the settings, a command, or nothing for all benchmarks of the settings.
        folder: where the user is: the working folder of a command.
        no_shell: split a command of one word, and run it without a shell.
    """

    words: tuple[str, ...]
    folder: Path
    against: str | None = None
    runs: int | None = None
    executions: int | None = None
    confirm: bool = False
    build: str | None = None
    format_name: str | None = None
    files: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    title: str | None = None
    no_shell: bool = False
    shell: str = "sh"
    ignore_failure: bool = False
    threshold_percent: float | None = None
    policy: Path | None = None
    wait_s: float = WAIT_S


def measure_requested(
    request: MeasureRequest, *, project: Project, reporter: Reporter
) -> tuple[MeasureReport, ...]:
    """Measure what was asked for, one benchmark after the other; raises as `measure`."""
    project.results_folder(must_exist=False)
    threshold = DEFAULT_THRESHOLD_PERCENT if request.threshold_percent is None else request.threshold_percent
    options = MeasureOptions(
        against=request.against,
        policy=policy_of(request.policy, threshold),
        confirm=request.confirm,
        labels=request.labels,
        wait_s=request.wait_s,
    )
    reports = []
    for benchmark, configured in _benchmarks(request, project):
        single = replace(
            options,
            folder=project.root if configured else request.folder,
            named=configured or request.title is not None,
            command=(*MEASURE_COMMAND, benchmark.title) if configured else (),
        )
        reports.append(measure_benchmark(benchmark, single, project=project, reporter=reporter))
    return tuple(reports)


def _benchmarks(request: MeasureRequest, project: Project) -> list[tuple[Benchmark, bool]]:
    """The benchmarks to measure, each with whether it is one of the settings."""
    names = tuple(project.benchmarks)
    if not request.words and not names:
        raise UsageError(
            "there is nothing to measure",
            hint="name a command after `--`, or write [tool.obrelease.benchmark.NAME] into the settings",
        )
    chosen = names if not request.words else request.words
    if request.words and not (len(chosen) == 1 and chosen[0] in names):
        return [(_command_benchmark(request, names), False)]
    return [(_configured(request, project, name), True) for name in chosen]


def _configured(request: MeasureRequest, project: Project, name: str) -> Benchmark:
    found = read_benchmark(name, project.benchmarks[name], str(project.settings_file or project.root))
    if request.no_shell and isinstance(found.run, str):
        found = replace(found, run=split_words(found.run))
    return replace(
        found,
        title=request.title or found.title,
        build=request.build or found.build,
        format=request.format_name or found.format,
        files=request.files or found.files,
        environment={**found.environment, **request.environment},
        runs=found.runs if request.runs is None else request.runs,
        executions=found.executions if request.executions is None else request.executions,
        ignore_failure=request.ignore_failure,
        shell=request.shell,
    )


def _command_benchmark(request: MeasureRequest, names: tuple[str, ...]) -> Benchmark:
    words = request.words
    run: CommandLine = words[0] if len(words) == 1 else words
    if isinstance(run, str) and run.isidentifier() and names and shutil.which(run) is None:
        raise NotFound(
            f"{run!r} is no benchmark of the settings, and no program", hint=f"benchmarks: {', '.join(names)}"
        )
    if request.no_shell and isinstance(run, str):
        run = split_words(run)
    return Benchmark(
        request.title or command_text(run)[:4096],
        run,
        build=request.build,
        format=request.format_name,
        files=request.files,
        environment=request.environment,
        runs=DEFAULT_RUNS if request.runs is None else request.runs,
        executions=request.executions,
        ignore_failure=request.ignore_failure,
        shell=request.shell,
    )
