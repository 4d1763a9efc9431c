"""Replay runs: replay recorded market data and record the run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from obengine.feeds.itch50_blocks import STDIN, STDIN_NAME
from obengine.harness.outcome import WorkloadFacts
from obengine.harness.replay import is_stream, run_replay
from obengine.harness.selection import Selection
from obengine.harness.time_of_day import time_of_day_ns
from obrelease.analysis.kinds.run_commands import (
    DAYS,
    FROM,
    REPLAYED_SYMBOLS,
    TO,
    replay_command,
    simulation_options,
)
from obrelease.errors import InvalidInput, NotFound
from obrelease.models.artefact import Producer, Scalar
from obrelease.models.metric_identity import slug
from obrelease.recorder.engine_adapter import engine_errors, resolve_core
from obrelease.recorder.event_chunks import ChunkDigests
from obrelease.recorder.event_log import open_log
from obrelease.recorder.preconditions import require_destinations
from obrelease.recorder.run_artefact import RunRequest
from obrelease.recorder.simulation_settings import SimulationSettings, result_parameters
from obrelease.recorder.strategy_code import load_strategy
from obrelease.recorder.timed_passes import record_timed_passes
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry
from obrelease.storage.progress import Advance


def record_replay(
    registry: Registry,
    *,
    path: Path | None,
    core: str,
    passes: int,
    days: Sequence[str] = (),
    symbols: Sequence[str] = (),
    times: tuple[str | None, str | None] = (None, None),
    risk: Path | None = None,
    simulation: SimulationSettings | None = None,
    log: Path | None = None,
    created_ns: int,
    producer: Producer,
    progress: Advance | None = None,
) -> Entry:
    """Replay recorded market data and record the run.

    Args:
        registry, core, passes, created_ns, producer, progress: as for `record_bench`.
        path: the data file, or None for the engine's own sample, a made-up day.
        days, symbols: of a LOBSTER folder or archive, those that are replayed; empty for all. ITCH and
            DBN files have symbols only.
        times: of an ITCH file, the first and the last time of day that are replayed.
        risk: a file of risk limits that the replay is checked against, or None.
        simulation: a strategy that runs beside the data, or None; its code is run.
        log: where to write the events as JSON lines, or None.

    Raises:
        NotFound: there is no file at `path`, or the core is not in this installation.
        InvalidInput: the file is malformed; the message has file, line, column and value.
        UsageError, NotReproduced, StorageError: as `record_bench`.
    """
    for file, hint in (
        (None if path is None or is_stream(path) else path, "without a file, a made-up sample is replayed"),
        (risk, "`pydoc obengine.risk.limits_file` shows a limits file"),
    ):
        if file is not None:
            _require_readable_twice(file, hint)
    require_destinations(registry.root, log)
    code = None if simulation is None else load_strategy(simulation.strategy)
    plan = None if simulation is None or code is None else simulation.plan(code)
    chunks = ChunkDigests()
    with engine_errors(), open_log(log) as write_events:
        name = resolve_core(core)
        first_ns, last_ns = map(time_of_day_ns, times)
        selection = Selection(tuple(days), tuple(symbols), first_ns, last_ns)
        outcome = run_replay(
            path,
            core=name,
            passes=passes,
            selection=selection,
            risk=risk,
            strategy=plan,
            progress=progress,
            sinks=(chunks.feed, write_events),
        )
    simulated: dict[str, Scalar] = {}
    if simulation is not None and code is not None and outcome.simulation is not None:
        simulated = simulation.parameters(code) | result_parameters(outcome.simulation, outcome.units)
    data = (STDIN_NAME if path == STDIN else path.name) if path else None
    command = replay_command(
        file=data,
        core=name,
        passes=passes,
        risk=risk is not None,
        days=days,
        symbols=symbols,
        times=times,
        simulation=simulation_options(simulated),
    )
    request = RunRequest("replay", _scenario_of(outcome.workload), command, created_ns, producer)
    chosen = ((DAYS, days), (REPLAYED_SYMBOLS, symbols))
    parameters: dict[str, Scalar] = {name: ",".join(values) for name, values in chosen if values}
    parameters |= {name: time for name, time in zip((FROM, TO), times, strict=True) if time}
    return record_timed_passes(
        registry,
        request,
        outcome,
        parameters=parameters | simulated,
        log=None,
        events=chunks.file(),
    )


def _require_readable_twice(path: Path, hint: str) -> None:
    """Refuse a missing file, and one that can be read only once, such as a pipe."""
    if not path.exists():
        raise NotFound(f"{path}: no such file or folder", hint=hint)
    if not path.is_file() and not path.is_dir():
        raise InvalidInput(
            f"{path}: is neither a file nor a folder", hint="write the output of a pipe to a file first"
        )


def _scenario_of(facts: WorkloadFacts) -> str:
    """The scenario of a replay: symbols and dates of LOBSTER days, else the source's name without suffix.

    LOBSTER names its files `TICKER_DATE_START_END_message_LEVELS.csv`.
    """
    if facts.title:
        return slug(facts.title)
    name = facts.source.name if facts.source else facts.name
    stem = name.removesuffix(".gz").rsplit(".", 1)[0]
    return slug(re.sub(r"_[0-9]+_[0-9]+_message_[0-9]+$", "", stem))
