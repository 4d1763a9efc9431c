"""Replays of recorded data on a core, measured and checked: LOBSTER, ITCH, DBN, level feeds, tapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import FeedError, WorkloadError
from obengine.api.messages import Commands, records_digest
from obengine.cores import NATIVE, make_book
from obengine.feeds.databento import DatabentoDay, is_databento, read_databento
from obengine.feeds.files import DataFile
from obengine.feeds.itch50 import ItchDay
from obengine.feeds.itch50_blocks import STDIN, is_itch50
from obengine.feeds.level_commands import LevelCommands, level_commands
from obengine.feeds.level_csv import is_level_csv, read_level_csv
from obengine.feeds.lobster import LobsterDay, read_lobster_days, read_pair
from obengine.feeds.lobster_files import may_be_lobster
from obengine.feeds.lobster_sample import lobster_sample_pair
from obengine.feeds.tape import is_tape, read_tape, tape_digest
from obengine.feeds.trades import Trades
from obengine.harness.checks import integrity_check, pass_checks
from obengine.harness.clock import timer_overhead_ns
from obengine.harness.measure import MakeBook, Progress, run_passes, tally, time_messages
from obengine.harness.outcome import (
    CheckResult,
    RiskOutcome,
    RunOutcome,
    SimulationOutcome,
    WorkloadFacts,
)
from obengine.harness.replay_itch import Sink, check_orders, replay_itch
from obengine.harness.replay_levels import LEVELS_VERSION, check_levels, units_of
from obengine.harness.replay_lobster import LOBSTER_VERSION, check_days, commands_of
from obengine.harness.replay_risk import apply_risk_limits
from obengine.harness.replay_simulation import StrategyPlan, simulate
from obengine.harness.scenario import check_numbers
from obengine.harness.selection import EVERYTHING, Selection
from obengine.harness.stability import stability_check
from obengine.harness.units import LOBSTER_UNITS, Units
from obengine.risk.limits_file import RiskLimits, read_limits

_Recorded = tuple[LobsterDay, ...] | DatabentoDay | LevelCommands

TAPE_WORKLOAD_VERSION: Final = 1
DATABENTO_VERSION: Final = 1
"""Incremented when the same file would give different commands."""

_NAMED_SYMBOLS: Final = 3

_TIMED_LIMIT: Final = 25_000
"""The approximate maximum number of messages timed in the latency pass of a replay."""


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is watched or run beside the replay: a risk limits file, a strategy."""

    risk: Path | None
    strategy: StrategyPlan | None

    def limits(self, symbols: Sequence[str], participants: Sequence[str]) -> RiskLimits | None:
        """The content of the limits file, if there is one."""
        return read_limits(self.risk, symbols=symbols, participants=participants) if self.risk else None


def run_replay(
    path: Path | None,
    *,
    core: str,
    passes: int,
    selection: Selection = EVERYTHING,
    risk: Path | None = None,
    strategy: StrategyPlan | None = None,
    progress: Progress | None = None,
    sinks: Sequence[Sink] = (),
) -> RunOutcome:
    """Replay and measure a recorded stream; for LOBSTER days, check every level after every row.

    Args:
        path: a LOBSTER folder or archive (of one or more days) or message file (with its orderbook file in
            the same folder), an ITCH 5.0 file (uncompressed or gzip), a Databento MBO file, a level feed in
            CSV, or a tape; detected by content. None replays a built-in sample.
        core: a name of `obengine.cores`.
        passes: number of timed passes.
        selection: the days and symbols of a folder or archive; each gets a book of its own in the same run.
        risk: a risk limits file (`obengine.risk.limits_file`) for one additional, untimed pass, or for the
            strategy if there is one.
        strategy: runs beside the recorded data after the timed passes.
        progress: called with the number of messages finished since its last call; the sum is the number of
            commands times (`passes` + 2).
        sinks: called with the events, in order; those of a long ITCH file in many batches.

    Raises:
        FeedError: a market data file is missing or malformed.
        TapeError: a tape is malformed.
        WorkloadError: a number out of range, an empty stream, or limits or a strategy for a tape.
        StrategyFailed: the strategy raised an exception.
        LimitsError: the limits file is invalid.
        CoreUnavailable: the core is not in this installation.
        DigestMismatch: two passes gave different events or states.
    """
    check_numbers(seed=0, passes=passes, messages=1)
    make = partial(make_book, core)
    make()
    beside = _Beside(risk, strategy)
    if path is None:
        day = read_pair(lobster_sample_pair(), core=core)
        return _replay_lobster((day,), core, passes, progress, beside, sinks)
    if is_stream(path):
        return _replay_itch(path, core, passes, progress, beside, selection, sinks)
    if is_tape(path):
        selection.require_whole("a tape")
        if risk is not None or strategy is not None:
            raise WorkloadError("a tape has no times; risk limits and strategies need a market data file")
        return _replay_tape(path, core, passes, progress, sinks)
    if path.is_file() and is_databento(path):
        return _replay_databento(path, core, passes, progress, beside, selection.of_databento(), sinks)
    if path.is_file() and is_level_csv(path):
        selection.require_whole("a level feed")
        return _replay_levels(path, core, passes, progress, beside, sinks)
    if path.is_file() and is_itch50(path):
        return _replay_itch(path, core, passes, progress, beside, selection, sinks)
    if path.is_file() and not may_be_lobster(path):
        reason = (
            "unknown format: not ITCH 5.0, DBN or a tape, no header of a Tardis or Binance level feed,"
            " and no LOBSTER name (with `message`)"
        )
        empty = path.stat().st_size == 0
        raise FeedError(
            "the file is empty" if empty else reason, file=str(path), line=None, column=None, value=None
        )
    chosen = selection.of_lobster()
    days = read_lobster_days(path, days=chosen.days, symbols=chosen.symbols, core=core)
    return _replay_lobster(days, core, passes, progress, beside, sinks)


def is_stream(path: Path) -> bool:
    """Whether a path is the standard input (`-`) or a named pipe, which can be read only once."""
    return path == STDIN or path.is_fifo()


def _replay_lobster(
    days: tuple[LobsterDay, ...],
    core: str,
    passes: int,
    progress: Progress | None,
    beside: _Beside,
    sinks: Sequence[Sink],
) -> RunOutcome:
    commands = commands_of(days)
    source, *companions = dict.fromkeys(source for day in days for source in day.sources)
    workload = WorkloadFacts(
        name="lobster",
        version=LOBSTER_VERSION,
        messages=commands.size,
        commands_digest=records_digest(commands),
        source=source,
        companions=tuple(companions),
        title=_title_of(days),
    )
    if beside.risk is not None and beside.strategy is None and len(days) > 1:
        raise WorkloadError("risk limits need one day: choose one with --day and --symbol")
    limits = beside.limits([day.label.symbol for day in days], days[0].participants)
    return _run(workload, commands, core, passes, progress, days, limits, beside.strategy, sinks)


def _symbol_count(days: _Recorded | None) -> int:
    if days is None:
        return 1
    if isinstance(days, LevelCommands):
        return len(days.feed.symbols)
    return len(days) if isinstance(days, tuple) else len(days.symbols)


def _units_of(days: _Recorded | None) -> Units | None:
    if isinstance(days, LevelCommands):
        return units_of(days)
    return LOBSTER_UNITS if isinstance(days, tuple) else None


def _title_of(days: tuple[LobsterDay, ...]) -> str:
    """Symbols, first and last date; empty for one day whose file or archive names it."""
    (first, *more) = (day.label for day in days)
    if not more and all(part in days[0].sources[0].name for part in (first.symbol, first.date)):
        return ""
    symbols = sorted({day.label.symbol for day in days})
    dates = sorted({day.label.date for day in days} - {""})
    named = "-".join(symbols) if len(symbols) <= _NAMED_SYMBOLS else f"{len(symbols)}-symbols"
    return "_".join((named, *dict.fromkeys(dates[:1] + dates[-1:])))


def _replay_tape(
    path: Path, core: str, passes: int, progress: Progress | None, sinks: Sequence[Sink]
) -> RunOutcome:
    commands = read_tape(path)
    check_numbers(seed=0, passes=passes, messages=commands.size)
    workload = WorkloadFacts(
        name="tape",
        version=TAPE_WORKLOAD_VERSION,
        messages=commands.size,
        commands_digest=records_digest(commands),
        source=DataFile(path.name, path.stat().st_size, tape_digest(commands)),
    )
    return _run(workload, commands, core, passes, progress, None, sinks=sinks)


def _replay_itch(
    path: Path,
    core: str,
    passes: int,
    progress: Progress | None,
    beside: _Beside,
    selection: Selection,
    sinks: Sequence[Sink],
) -> RunOutcome:
    replayed = replay_itch(
        path,
        core=core,
        passes=passes,
        selection=selection.of_itch(),
        progress=progress,
        sinks=sinks,
        keep=beside.risk is not None or beside.strategy is not None,
    )
    check_numbers(seed=0, passes=passes, messages=replayed.workload.messages)
    results = replayed.results
    limits = beside.limits(replayed.facts.symbols, replayed.facts.attributions)
    watched = _Watched()
    if replayed.day is not None:
        make = partial(make_book, core, max(len(replayed.facts.symbols), 1))
        day = replayed.day
        watched = _run_beside(day, day.commands, make, limits, beside.strategy, day.trades)
    return RunOutcome(
        core=core,
        workload=replayed.workload,
        events=results.events,
        events_digest=replayed.events_digest,
        state_digest=results.snapshot.digest(),
        counts=replayed.counts,
        checks=(*replayed.checks, stability_check(results.wall_ns, results.preemptions), *watched.checks),
        pass_wall_ns=results.wall_ns,
        service_ns=results.service.latency_ns,
        timer_overhead_ns=timer_overhead_ns(),
        warmup_ns=results.warmup_ns,
        units=LOBSTER_UNITS,
        digest_threads=2 if core == NATIVE else 1,
        risk=watched.risk,
        simulation=watched.simulation,
    )


def _replay_databento(
    path: Path,
    core: str,
    passes: int,
    progress: Progress | None,
    beside: _Beside,
    symbols: Sequence[str],
    sinks: Sequence[Sink],
) -> RunOutcome:
    day = read_databento(path, symbols)
    workload = WorkloadFacts(
        name="databento-mbo",
        version=DATABENTO_VERSION,
        messages=day.commands.size,
        commands_digest=records_digest(day.commands),
        source=day.source,
    )
    limits = beside.limits(day.symbols, ())
    return _run(workload, day.commands, core, passes, progress, day, limits, beside.strategy, sinks)


def _replay_levels(
    path: Path,
    core: str,
    passes: int,
    progress: Progress | None,
    beside: _Beside,
    sinks: Sequence[Sink],
) -> RunOutcome:
    if beside.risk is not None and beside.strategy is None:
        raise WorkloadError("a level feed has no orders to check by risk limits: add a strategy")
    made = level_commands(read_level_csv(path))
    check_numbers(seed=0, passes=passes, messages=made.commands.size)
    workload = WorkloadFacts(
        name="levels",
        version=LEVELS_VERSION,
        messages=made.commands.size,
        commands_digest=records_digest(made.commands),
        source=made.feed.source,
    )
    limits = beside.limits(made.feed.symbols, ())
    return _run(workload, made.commands, core, passes, progress, made, limits, beside.strategy, sinks)


def _run(
    workload: WorkloadFacts,
    commands: Commands,
    core: str,
    passes: int,
    progress: Progress | None,
    days: _Recorded | None,
    limits: RiskLimits | None = None,
    strategy: StrategyPlan | None = None,
    sinks: Sequence[Sink] = (),
) -> RunOutcome:
    make = partial(make_book, core, _symbol_count(days))
    results = run_passes(commands, make, passes, progress)
    service = time_messages(commands, make, results, progress, limit=_TIMED_LIMIT)
    stability = stability_check(results.wall_ns, results.preemptions)
    checks = (*pass_checks(passes, results.events.size, service), integrity_check(results), stability)
    series: Mapping[str, NDArray[np.int64]] = {}
    if isinstance(days, DatabentoDay):
        checks = (*checks, *check_orders(days, results))
    elif isinstance(days, LevelCommands):
        found, series = check_levels(days, results.events, make())
        checks = (*checks, *found)
    elif days is not None:
        found, series = check_days(days, commands, results, make())
        checks = (*checks, *found)
    watched = _Watched() if days is None else _run_beside(days, commands, make, limits, strategy, None)
    for sink in sinks:
        sink(results.events)
    return RunOutcome(
        core=core,
        workload=workload,
        events=results.events.size,
        events_digest=results.events_digest,
        state_digest=results.snapshot.digest(),
        counts=tally(results.events),
        checks=(*checks, *watched.checks),
        pass_wall_ns=results.wall_ns,
        service_ns=service.latency_ns,
        timer_overhead_ns=timer_overhead_ns(),
        series=series,
        warmup_ns=results.warmup_ns,
        digest_threads=results.digest_threads,
        units=_units_of(days),
        risk=watched.risk,
        simulation=watched.simulation,
    )


@dataclass(frozen=True, slots=True)
class _Watched:
    """What risk limits and a strategy gave, if there were any."""

    risk: RiskOutcome | None = None
    simulation: SimulationOutcome | None = None

    @property
    def checks(self) -> tuple[CheckResult, ...]:
        """The checks of both."""
        return tuple(each.check for each in (self.simulation, self.risk) if each is not None)


def _run_beside(
    days: _Recorded | ItchDay,
    commands: Commands,
    make: MakeBook,
    limits: RiskLimits | None,
    strategy: StrategyPlan | None,
    trades: Trades | None,
) -> _Watched:
    """Simulate the strategy, or check the recorded orders against the limits."""
    if strategy is not None:
        source = days.feed if isinstance(days, LevelCommands) else days
        simulation = simulate(source, strategy, limits=limits, trades=trades)
        return _Watched(simulation.risk, simulation)
    if limits is None or isinstance(days, LevelCommands):
        return _Watched()
    times = days[0].command_times_ns() if isinstance(days, tuple) else days.times_ns
    return _Watched(apply_risk_limits(commands, times, make, limits))
