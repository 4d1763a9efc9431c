"""Profiles: capture one and record it; its rates must not be quoted in reports."""

from __future__ import annotations

from obengine.harness.profiling import ProfileOutcome, run_profile
from obrelease.analysis.kinds.csv_table import csv_table
from obrelease.analysis.kinds.profile.flame_graph import flame_graph
from obrelease.analysis.kinds.profile.kind import PEAK_MEMORY
from obrelease.analysis.kinds.profile.tables import (
    ALLOCATION_COLUMNS,
    ALLOCATIONS_FILE,
    COUNTER_COLUMNS,
    COUNTERS_FILE,
    FUNCTION_COLUMNS,
    FUNCTIONS_FILE,
)
from obrelease.analysis.kinds.run_commands import profile_command
from obrelease.models.artefact import Producer, own_series
from obrelease.recorder.engine_adapter import engine_errors, require_scenario, resolve_core
from obrelease.recorder.preconditions import require_destinations
from obrelease.recorder.run_artefact import RunRequest, RunResult, build_run, csv_file, svg_file
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile


def record_profile(
    registry: Registry,
    *,
    scenario: str,
    seed: int,
    core: str,
    profiler: str,
    messages: int | None,
    created_ns: int,
    producer: Producer,
) -> Entry:
    """Profile seeded flow and record what was captured; its `reported` parameter is false.

    Args:
        registry, scenario, seed, core, messages, created_ns, producer: as for `record_bench`.
        profiler: `cprofile`, `tracemalloc` or `both`.

    Raises:
        UsageError: a name or a number that makes no sense.
        NotFound: the core is not in this installation.
        StorageError: the results cannot be written.
    """
    require_scenario(scenario)
    require_destinations(registry.root, None)
    with engine_errors():
        name = resolve_core(core)
        outcome = run_profile(scenario, seed=seed, core=name, profiler=profiler, messages=messages)
    command = profile_command(scenario=scenario, seed=seed, core=name, profiler=profiler, messages=messages)
    request = RunRequest("profile", scenario, command, created_ns, producer)
    draft = build_run(request, _result(scenario, outcome))
    return registry.record(draft.artefact, draft.files)


def _result(scenario: str, outcome: ProfileOutcome) -> RunResult:
    peak_bytes = outcome.peak_bytes
    return RunResult(
        workload=outcome.workload,
        outcome=outcome.output,
        core=outcome.core,
        parameters={"core": outcome.core, "profiler": outcome.profiler, "reported": False},
        metrics=([] if peak_bytes is None else [own_series(PEAK_MEMORY, "bytes", (peak_bytes,))]),
        files=[*_time_files(scenario, outcome), _counters_file(outcome), *_memory_files(outcome)],
    )


def _time_files(scenario: str, outcome: ProfileOutcome) -> list[NewFile]:
    if not outcome.functions:
        return []
    rows = [(each.place, each.calls, each.own_ns, each.cumulative_ns) for each in outcome.functions]
    title = f"profile {scenario}, {outcome.core} core: {outcome.workload.messages:,} messages"
    return [
        csv_file(FUNCTIONS_FILE, csv_table(FUNCTION_COLUMNS, rows)),
        svg_file("flame.svg", flame_graph(outcome.stacks, title=title)),
    ]


def _counters_file(outcome: ProfileOutcome) -> NewFile:
    rows = [
        *((name, value, "counted") for name, value in outcome.counters.values.items()),
        *((name, "", f"not counted: {reason}") for name, reason in outcome.counters.absent.items()),
    ]
    return csv_file(COUNTERS_FILE, csv_table(COUNTER_COLUMNS, rows))


def _memory_files(outcome: ProfileOutcome) -> list[NewFile]:
    if outcome.peak_bytes is None:
        return []
    rows = [(each.place, each.held_bytes, each.blocks) for each in outcome.allocations]
    return [csv_file(ALLOCATIONS_FILE, csv_table(ALLOCATION_COLUMNS, rows))]
