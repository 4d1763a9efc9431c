"""Bench runs: measure seeded flow and record the run."""

from __future__ import annotations

from pathlib import Path

from obengine.harness.bench import run_bench
from obrelease.analysis.kinds.run_commands import FRESH_PROCESSES, bench_command
from obrelease.models.artefact import Producer
from obrelease.recorder.engine_adapter import engine_errors, require_scenario, resolve_core
from obrelease.recorder.preconditions import require_destinations
from obrelease.recorder.run_artefact import RunRequest
from obrelease.recorder.timed_passes import record_timed_passes
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.progress import Advance


def record_bench(
    registry: Registry,
    *,
    scenario: str,
    seed: int,
    core: str,
    passes: int,
    messages: int | None = None,
    fresh_processes: bool = False,
    log: Path | None = None,
    pictures: bool = True,
    created_ns: int,
    producer: Producer,
    progress: Advance | None = None,
) -> Entry:
    """Measure seeded flow and record the run; nothing is written before the run is over.

    Args:
        registry: where the artefact goes.
        scenario: one of `scenario_names()`.
        seed: 0 to 2**64 - 1.
        core: one of `core_names()`, or `auto` for the fastest that is installed.
        passes: timed passes, at least 1.
        messages: another length than the scenario's own.
        fresh_processes: time each pass in a process of its own.
        log: where to write the events as JSON lines, or None.
        pictures: whether the plots are drawn and recorded.
        created_ns: now, in nanoseconds since the epoch.
        producer: the program and its source tree, for the envelope.
        progress: called with the number of messages that were finished.

    Raises:
        UsageError: a name or a number that makes no sense.
        NotFound: the core is not in this installation.
        NotReproduced: two passes gave different events; nothing is recorded.
        StorageError: the results or the log cannot be written.
    """
    require_scenario(scenario)
    require_destinations(registry.root, log)
    with engine_errors():
        name = resolve_core(core)
        outcome = run_bench(
            scenario,
            seed=seed,
            core=name,
            passes=passes,
            messages=messages,
            fresh_processes=fresh_processes,
            progress=progress,
        )
    command = bench_command(
        scenario=scenario,
        seed=seed,
        core=name,
        passes=passes,
        messages=messages,
        fresh_processes=fresh_processes,
    )
    request = RunRequest("bench", scenario, command, created_ns, producer)
    parameters = {FRESH_PROCESSES: True} if fresh_processes else {}
    return record_timed_passes(registry, request, outcome, parameters=parameters, log=log, pictures=pictures)
