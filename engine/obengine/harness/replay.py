"""Replays of recorded data (a LOBSTER day, an ITCH file or a tape) on a core, measured and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import FeedError, WorkloadError
from obengine.api.messages import Commands, records_digest
from obengine.cores import make_book
from obengine.feeds.files import DataFile, may_be_lobster
from obengine.feeds.itch50 import ItchDay, read_itch50
from obengine.feeds.itch50_frames import is_itch50
from obengine.feeds.lobster import LobsterDay, read_lobster, read_pair
from obengine.feeds.lobster_sample import lobster_sample_pair
from obengine.feeds.tape import is_tape, read_tape, tape_digest
from obengine.harness.checks import integrity_check, pass_checks
from obengine.harness.clock import timer_overhead_ns
from obengine.harness.measure import Progress, run_passes, tally, time_messages
from obengine.harness.outcome import RunOutcome, WorkloadFacts
from obengine.harness.replay_itch import ITCH_VERSION, check_itch
from obengine.harness.replay_lobster import LOBSTER_VERSION, check_day
from obengine.harness.replay_risk import apply_risk_limits
from obengine.harness.scenario import check_numbers
from obengine.harness.stability import stability_check
from obengine.risk.limits_file import RiskLimits, read_limits

TAPE_WORKLOAD_VERSION: Final = 1

_TIMED_LIMIT: Final = 25_000
"""The approximate maximum number of messages timed in the latency pass of a replay."""


def run_replay(
    path: Path | None, *, core: str, passes: int, risk: Path | None = None, progress: Progress | None = None
) -> RunOutcome:
    """Replay and measure a recorded stream; for a LOBSTER day, check the touch after every row.

    Args:
        path: a LOBSTER zip archive, folder or message file (with its orderbook file in the same folder), an
            ITCH 5.0 file (uncompressed or gzip), or a tape; detected by content. None replays a built-in
            sample.
        core: a name of `obengine.cores`.
        passes: number of timed passes.
        risk: a risk limits file (`obengine.risk.limits_file`) for one additional, untimed pass.
        progress: called with the number of messages finished since its last call; the sum is the number of
            commands times (`passes` + 2).

    Raises:
        FeedError: a market data file is missing or malformed.
        TapeError: a tape is malformed.
        WorkloadError: a number out of range, an empty stream, or limits for a tape.
        LimitsError: the limits file is invalid.
        CoreUnavailable: the core is not in this installation.
        DigestMismatch: two passes gave different events or states.
    """
    check_numbers(seed=0, passes=passes, messages=1)
    make = partial(make_book, core)
    make()
    if path is None:
        return _replay_lobster(read_pair(lobster_sample_pair(), core=core), core, passes, progress, risk)
    if is_tape(path):
        if risk is not None:
            raise WorkloadError("a tape has no times; risk limits need a market data file")
        return _replay_tape(path, core, passes, progress)
    if path.is_file() and is_itch50(path):
        return _replay_itch(path, core, passes, progress, risk)
    if path.is_file() and not may_be_lobster(path):
        reason = (
            "unknown format: not ITCH 5.0, not a tape, and no LOBSTER file name (which contains `message`)"
        )
        empty = path.stat().st_size == 0
        raise FeedError(
            "the file is empty" if empty else reason, file=str(path), line=None, column=None, value=None
        )
    return _replay_lobster(read_lobster(path, core=core), core, passes, progress, risk)


def _replay_lobster(
    day: LobsterDay, core: str, passes: int, progress: Progress | None, risk: Path | None
) -> RunOutcome:
    source, *companions = day.sources
    workload = WorkloadFacts(
        name="lobster",
        version=LOBSTER_VERSION,
        messages=day.commands.size,
        commands_digest=records_digest(day.commands),
        source=source,
        companions=tuple(companions),
    )
    limits = _limits(risk, (day.name.partition("_")[0],), ())
    return _run(workload, day.commands, core, passes, progress, day, limits)


def _limits(path: Path | None, symbols: Sequence[str], participants: Sequence[str]) -> RiskLimits | None:
    return read_limits(path, symbols=symbols, participants=participants) if path else None


def _replay_tape(path: Path, core: str, passes: int, progress: Progress | None) -> RunOutcome:
    commands = read_tape(path)
    check_numbers(seed=0, passes=passes, messages=commands.size)
    workload = WorkloadFacts(
        name="tape",
        version=TAPE_WORKLOAD_VERSION,
        messages=commands.size,
        commands_digest=records_digest(commands),
        source=DataFile(path.name, path.stat().st_size, tape_digest(commands)),
    )
    return _run(workload, commands, core, passes, progress, None)


def _replay_itch(
    path: Path, core: str, passes: int, progress: Progress | None, risk: Path | None
) -> RunOutcome:
    day = read_itch50(path, core=core)
    check_numbers(seed=0, passes=passes, messages=day.commands.size)
    workload = WorkloadFacts(
        name="itch50",
        version=ITCH_VERSION,
        messages=day.commands.size,
        commands_digest=records_digest(day.commands),
        source=day.source,
    )
    limits = _limits(risk, day.symbols, day.attributions)
    return _run(workload, day.commands, core, passes, progress, day, limits)


def _run(
    workload: WorkloadFacts,
    commands: Commands,
    core: str,
    passes: int,
    progress: Progress | None,
    day: LobsterDay | ItchDay | None,
    limits: RiskLimits | None = None,
) -> RunOutcome:
    make = partial(make_book, core, len(day.symbols) if isinstance(day, ItchDay) else 1)
    results = run_passes(commands, make, passes, progress)
    service = time_messages(commands, make, results, progress, limit=_TIMED_LIMIT)
    stability = stability_check(results.wall_ns, results.preemptions)
    checks = (*pass_checks(results, service), integrity_check(results), stability)
    series: Mapping[str, NDArray[np.int64]] = {}
    if isinstance(day, ItchDay):
        checks = (*checks, *check_itch(day, results))
    elif day is not None:
        found, series = check_day(day, results, make())
        checks = (*checks, *found)
    risk_outcome = None
    if limits is not None and day is not None:
        times = day.times_ns if isinstance(day, ItchDay) else day.command_times_ns()
        risk_outcome = apply_risk_limits(commands, times, make, limits)
        checks = (*checks, risk_outcome.check)
    return RunOutcome(
        core=core,
        workload=workload,
        events=results.events.size,
        events_digest=results.events_digest,
        state_digest=results.snapshot.digest(),
        counts=tally(results.events),
        checks=checks,
        pass_wall_ns=results.wall_ns,
        service_ns=service.latency_ns,
        timer_overhead_ns=timer_overhead_ns(),
        series=series,
        log=results.events,
        warmup_ns=results.warmup_ns,
        risk=risk_outcome,
    )
