"""Where a command is measured, and how its runs are recorded: what `measure` and sweeps have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from obrelease.api.clock import now_ns
from obrelease.api.producer import commit_of
from obrelease.api.project import Project
from obrelease.errors import NotFound, ObreleaseError
from obrelease.measurement.benchmark import Benchmark
from obrelease.measurement.measure_benchmark import MeasuredRun
from obrelease.measurement.measured_artefact import build_measured_run
from obrelease.measurement.sides import Side
from obrelease.models.artefact import MEASURE_COMMAND, Scalar
from obrelease.recorder.values_artefact import this_machine
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.reporter import Reporter


def record_measured(
    registry: Registry,
    command: Sequence[str],
    side: Side,
    runs: Sequence[MeasuredRun],
    *,
    labels: Mapping[str, Scalar] | None = None,
    named: bool = False,
) -> tuple[Entry, ...]:
    """Record the runs of one process; the title of the user is for a process with one run.

    Args:
        command: the command line that measures it again.
        labels: facts of the runs.
        named: whether the title is the user's own; else a tool's own title is kept.

    Raises:
        InvalidInput, StorageError: a run cannot be recorded.
    """
    host = this_machine()
    entries = []
    for run in runs:
        draft = build_measured_run(
            run,
            side,
            host=host,
            now_ns=now_ns(),
            command=command,
            labels=labels or {},
            title=run.title if named and len(runs) == 1 else None,
        )
        entries.append(registry.record(draft.artefact, draft.files))
    return tuple(entries)


def side_here(owner: Project, folder: Path, reporter: Reporter) -> Side:
    """The user's own folder, with the commit of its repository if there is one."""
    if not folder.is_dir():
        raise NotFound(f"{folder}: the folder to measure in does not exist")
    try:
        commit, dirty = commit_of(owner)
    except NotFound:
        return Side("command", folder)
    except ObreleaseError as error:
        reporter.warn(f"the runs will not name their commit: {error.message}")
        return Side("command", folder)
    return Side("command", folder, commit, dirty)


def measuring_command(benchmark: Benchmark) -> tuple[str, ...]:
    """The command line that measures it again."""
    formats = () if benchmark.format is None else ("--format", benchmark.format)
    words = (benchmark.run,) if isinstance(benchmark.run, str) else benchmark.run
    return (*MEASURE_COMMAND, *formats, "--", *words)
