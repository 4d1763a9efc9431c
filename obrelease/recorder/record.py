"""Run a mode of the engine and record what came out; nothing is written before the run is over."""

from __future__ import annotations

from pathlib import Path

from obengine.harness.bench import run_bench
from obengine.harness.outcome import RunOutcome
from obengine.harness.replay import run_replay
from obrelease.errors import InvalidInput, NotFound
from obrelease.models.artefact import Producer, Scalar
from obrelease.recorder.artefact_builder import RunRequest, machine_of
from obrelease.recorder.bench_artefact import draft, replayed_name
from obrelease.recorder.engine_adapter import engine_errors, require_scenario, resolve_core
from obrelease.recorder.event_log import require_log_place, write_log
from obrelease.recorder.results_folder import require_writable
from obrelease.recorder.risk import LIMITS_FILE
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
    created_ns: int,
    producer: Producer,
    progress: Advance | None = None,
) -> Entry:
    """Measure seeded flow and record the run.

    Args:
        registry: where the artefact goes.
        scenario: one of `scenario_names()`.
        seed: 0 to 2**64 - 1.
        core: one of `core_names()`, or `auto` for the fastest that is installed.
        passes: timed passes, at least 1.
        messages: another length than the scenario's own.
        fresh_processes: time each pass in a process of its own.
        log: where to write the events as JSON lines, or None.
        created_ns: now, in nanoseconds since the epoch.
        producer: the program and its source tree, for the envelope.
        progress: told of messages as they are finished.

    Raises:
        UsageError: a name or a number that makes no sense.
        NotFound: the core is not in this installation.
        NotReproduced: two passes gave different events; nothing is recorded.
        StorageError: the disk refused.
    """
    require_scenario(scenario)
    require_writable(registry.root)
    if log is not None:
        require_log_place(log)
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
    words = ["obrelease", "run", "bench", "--scenario", scenario, "--seed", str(seed)]
    words += ["--core", name, "--passes", str(passes)]
    words += [] if messages is None else ["--messages", str(messages)]
    words += ["--fresh-processes"] if fresh_processes else []
    told: dict[str, Scalar] = {"fresh-processes": True} if fresh_processes else {}
    request = RunRequest("bench", scenario, tuple(words), told, created_ns, producer)
    return _record(registry, request, outcome, log)


def record_replay(
    registry: Registry,
    *,
    path: Path | None,
    core: str,
    passes: int,
    risk: Path | None = None,
    log: Path | None = None,
    created_ns: int,
    producer: Producer,
    progress: Advance | None = None,
) -> Entry:
    """Replay recorded market data and record the run.

    Args:
        registry, core, passes, created_ns, producer, progress: as for `record_bench`.
        path: the data file, or None for the engine's own sample, a day that nobody traded.
        risk: a limits file that the replay is watched by, or None.
        log: where to write the events as JSON lines, or None.

    Raises:
        NotFound: nothing lies at `path`, or the core is not in this installation.
        InvalidInput: the file is malformed; the message has file, line, column and value.
        UsageError, NotReproduced, StorageError: as `record_bench`.
    """
    for named, hint in (
        (path, "without a file, a made-up sample is replayed"),
        (risk, "`pydoc obengine.risk.limits_file` shows a limits file"),
    ):
        if named is not None:
            _require_readable_twice(named, hint)
    require_writable(registry.root)
    if log is not None:
        require_log_place(log)
    with engine_errors():
        name = resolve_core(core)
        outcome = run_replay(path, core=name, passes=passes, risk=risk, progress=progress)
    words = ["obrelease", "run", "replay", *([_portable(path.name)] if path else [])]
    words += ["--core", name, "--passes", str(passes)]
    words += ["--risk", LIMITS_FILE] if risk else []
    request = RunRequest("replay", replayed_name(outcome.workload), tuple(words), {}, created_ns, producer)
    return _record(registry, request, outcome, log)


def _require_readable_twice(path: Path, hint: str) -> None:
    """Refuse what is not there, and what is empty at the second look, or waited for, as a pipe is."""
    if not path.exists():
        raise NotFound(f"{path}: no such file or folder", hint=hint)
    if not path.is_file() and not path.is_dir():
        raise InvalidInput(
            f"{path}: is neither a file nor a folder", hint="write what a pipe gives into a file first"
        )


def _record(registry: Registry, request: RunRequest, outcome: RunOutcome, log: Path | None) -> Entry:
    made = draft(request, outcome, machine_of(outcome.core))
    if log is not None and outcome.log is not None:
        write_log(log, outcome.log)
    return registry.record(made.artefact, made.files)


def _portable(name: str) -> str:
    """A file's base name as an argument that no option parser takes for an option."""
    return f"./{name}" if name.startswith("-") else name
