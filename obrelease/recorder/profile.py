"""Profiles: capture one, and wrap it as an artefact that no report may quote a rate from."""

from __future__ import annotations

from obengine.harness.profiling import ProfileOutcome, run_profile
from obrelease.analysis.plots.flame_graph import flame_graph
from obrelease.analysis.tables.csv_bytes import csv_table
from obrelease.analysis.tables.profile import (
    ALLOCATION_COLUMNS,
    ALLOCATIONS_FILE,
    COUNTER_COLUMNS,
    COUNTERS_FILE,
    FUNCTION_COLUMNS,
    FUNCTIONS_FILE,
)
from obrelease.models.artefact import Measurement, Producer
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.recorder.artefact_builder import RunRequest, envelope_of
from obrelease.recorder.engine_adapter import engine_errors, require_scenario, resolve_core
from obrelease.recorder.results_folder import require_writable
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
        StorageError: the disk refused.
    """
    require_scenario(scenario)
    require_writable(registry.root)
    with engine_errors():
        name = resolve_core(core)
        outcome = run_profile(scenario, seed=seed, core=name, profiler=profiler, messages=messages)
    words = ["obrelease", "run", "profile", "--scenario", scenario, "--seed", str(seed)]
    words += ["--core", name, "--profiler", profiler]
    words += [] if messages is None else ["--messages", str(messages)]
    made = _draft(RunRequest("profile", scenario, tuple(words), {}, created_ns, producer), outcome)
    return registry.record(made.artefact, made.files)


def _draft(request: RunRequest, outcome: ProfileOutcome) -> ArtefactDraft:
    files = []
    if outcome.functions:
        rows = [(each.place, each.calls, each.own_ns, each.cumulative_ns) for each in outcome.functions]
        title = f"profile {request.scenario}, {outcome.core} core: {outcome.workload.messages:,} messages"
        files += [
            NewFile(FUNCTIONS_FILE, "text/csv", csv_table(FUNCTION_COLUMNS, rows)),
            NewFile("flame.svg", "image/svg+xml", flame_graph(outcome.stacks, title=title)),
        ]
    counted = outcome.counted
    told = [
        *((name, value, "counted") for name, value in counted.values.items()),
        *((name, "", f"not counted: {reason}") for name, reason in counted.absent.items()),
    ]
    files.append(NewFile(COUNTERS_FILE, "text/csv", csv_table(COUNTER_COLUMNS, told)))
    measurements = []
    if outcome.peak_bytes is not None:
        held = [(each.place, each.held_bytes, each.blocks) for each in outcome.allocations]
        files.append(NewFile(ALLOCATIONS_FILE, "text/csv", csv_table(ALLOCATION_COLUMNS, held)))
        measurements.append(Measurement(name="peak-memory", unit="bytes", samples=(outcome.peak_bytes,)))
    artefact = envelope_of(
        request,
        produced=outcome.produced,
        workload=outcome.workload,
        parameters={"core": outcome.core, "profiler": outcome.profiler, "reported": False},
        measurements=measurements,
        histograms=(),
        core=outcome.core,
    )
    return ArtefactDraft(artefact, tuple(files))
