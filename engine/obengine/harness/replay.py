"""Replays of recorded data: a LOBSTER day, an ITCH file or a tape on a core, measured and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.book import Book
from obengine.cores import make_book
from obengine.feeds.files import DataFile
from obengine.feeds.itch50 import ItchDay, read_itch50
from obengine.feeds.itch50_frames import is_itch50
from obengine.feeds.lobster import LobsterDay, read_lobster
from obengine.feeds.lobster_window import NO_ASK, NO_BID, Cause
from obengine.harness.checks import integrity_check, pass_checks
from obengine.harness.clock import timer_overhead_ns
from obengine.harness.measure import Passes, Progress, run_passes, tally, time_messages
from obengine.harness.outcome import CheckResult, RunOutcome, SourceData, WorkloadFacts
from obengine.harness.replay_itch import ITCH_VERSION, check_itch
from obengine.harness.replay_risk import watch
from obengine.harness.scenario import WorkloadError, check_numbers
from obengine.harness.touch import Touches, one_event_each, touches_after
from obengine.messages import Commands, Side, records_digest
from obengine.risk_limits import RiskLimits, read_limits
from obengine.tape import is_tape, read_tape, tape_digest

LOBSTER_VERSION: Final = 1
"""Raised when the same file would be turned into other commands."""

TAPE_WORKLOAD_VERSION: Final = 1

_PROBES: Final = 500


def run_replay(
    path: Path, *, core: str, passes: int, risk: Path | None = None, progress: Progress | None = None
) -> RunOutcome:
    """Measure a recorded stream, and for a LOBSTER day check the touch after every row.

    Args:
        path: a LOBSTER zip, folder or message file (its orderbook file beside it), an ITCH 5.0 file
            (plain or in gzip), or a tape; the content says which.
        core: a name of `obengine.cores`.
        passes: how many wall times to take.
        risk: a limits file (`obengine.risk_limits`) that one more pass is watched by, outside all timing.
        progress: called with the messages finished since its last call: the commands of the file
            once for the warm-up, once for each pass and once for the latency pass.

    Raises:
        FeedError: a market data file is missing or malformed.
        TapeError: a tape is.
        WorkloadError: a number out of its range, nothing to replay, or limits for a tape.
        LimitsError: the limits file makes no sense.
        CoreUnavailable: the core is not in this installation.
        DigestMismatch: two passes differ; there is no outcome then.
    """
    check_numbers(seed=0, passes=passes, messages=1)
    make = partial(make_book, core)
    make()
    if is_tape(path):
        if risk is not None:
            raise WorkloadError("a tape has no times: risk limits need a market data file")
        return _replay_tape(path, core, passes, progress)
    if path.is_file() and is_itch50(path):
        return _replay_itch(path, core, passes, progress, risk)
    day = read_lobster(path)
    source, *companions = (_source(file) for file in day.sources)
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
        source=SourceData(path.name, path.stat().st_size, tape_digest(commands)),
    )
    return _run(workload, commands, core, passes, progress, None)


def _replay_itch(
    path: Path, core: str, passes: int, progress: Progress | None, risk: Path | None
) -> RunOutcome:
    day = read_itch50(path)
    check_numbers(seed=0, passes=passes, messages=day.commands.size)
    workload = WorkloadFacts(
        name="itch50",
        version=ITCH_VERSION,
        messages=day.commands.size,
        commands_digest=records_digest(day.commands),
        source=_source(day.source),
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
    ran = run_passes(commands, make, passes, progress)
    service = time_messages(commands, make, ran, progress)
    checks = (*pass_checks(ran, service), integrity_check(ran))
    series: Mapping[str, NDArray[np.int64]] = {}
    if isinstance(day, ItchDay):
        checks = (*checks, *check_itch(day, ran))
    elif day is not None:
        found, series = check_day(day, ran, make())
        checks = (*checks, *found)
    watched = None
    if limits is not None and day is not None:
        times = day.times_ns if isinstance(day, ItchDay) else day.command_times_ns()
        watched = watch(commands, times, make, limits)
        checks = (*checks, watched.check)
    return RunOutcome(
        core=core,
        workload=workload,
        events=ran.events.size,
        events_digest=ran.events_digest,
        state_digest=ran.snapshot.digest(),
        counts=tally(ran.events),
        checks=checks,
        pass_wall_ns=ran.wall_ns,
        service_ns=service.latency_ns,
        timer_overhead_ns=timer_overhead_ns(),
        series=series,
        log=ran.events,
        risk=watched,
    )


def check_day(
    day: LobsterDay, ran: Passes, fresh: Book
) -> tuple[tuple[CheckResult, ...], Mapping[str, NDArray[np.int64]]]:
    """What the day's events and a fresh book's depth say against the orderbook file, and the series."""
    carried_out = one_event_each(day.commands, ran.events)
    commands = CheckResult(
        "commands-carried-out",
        passed=carried_out,
        detail="each command of the feed gave one event, no reject and no match of its own",
        counts={"commands": day.commands.size, "events": ran.events.size},
    )
    causes = CheckResult(
        "named-causes",
        passed=True,
        detail="rows of the file by what was out of the ordinary in them",
        counts=day.cause_counts(),
    )
    fitted = day.queues
    queues = CheckResult(
        "queue-positions",
        passed=True,
        detail="deletions of the tracked size and executions at the head, of orders that the file introduced",
        counts={
            "deletions": fitted.deletions,
            "deletions-of-tracked-size": fitted.exact_deletions,
            "executions": fitted.executions,
            "executions-at-head": fitted.head_executions,
        },
    )
    if not carried_out:
        return (commands, _nothing_held(day), causes, queues), {}
    touches = touches_after(day.commands, ran.events, day.row_end)
    series = {
        "time_ns": day.times_ns,
        "ask_ticks": touches[:, 0],
        "ask_lots": touches[:, 1],
        "bid_ticks": touches[:, 2],
        "bid_lots": touches[:, 3],
    }
    checks = (commands, touch_check(day, touches), _probe(day, touches, fresh), causes, queues)
    return checks, series


def touch_check(day: LobsterDay, touches: Touches) -> CheckResult:
    """Whether the touch is the file's after every row but the first, or differs for a named cause."""
    differs = (touches != day.touches).any(axis=1)
    differs[0] = False
    halted = differs & ((day.causes & Cause.HALT) > 0)
    unexplained = np.flatnonzero(differs & ~halted)
    detail = "best price and size of both sides are the file's after every row, or differ for a named cause"
    if unexplained.size:
        row = int(unexplained[0])
        detail = (
            f"first at row {row + 1}: ask {_level(touches[row, :2])}, bid {_level(touches[row, 2:])}; "
            f"the file has ask {_level(day.touches[row, :2])}, bid {_level(day.touches[row, 2:])}"
        )
    return CheckResult(
        "touch-holds",
        passed=not unexplained.size,
        detail=detail,
        counts={
            "rows": differs.size - 1,
            "rows-held": int(differs.size - 1 - differs.sum()),
            "rows-explained": int(halted.sum()),
            "rows-unexplained": unexplained.size,
        },
    )


def _nothing_held(day: LobsterDay) -> CheckResult:
    rows = day.row_end.size - 1
    return CheckResult(
        "touch-holds",
        passed=False,
        detail="not compared, because the core did not carry out the commands one by one",
        counts={"rows": rows, "rows-held": 0, "rows-explained": 0, "rows-unexplained": rows},
    )


def _probe(day: LobsterDay, touches: Touches, book: Book) -> CheckResult:
    """Ask the book itself at evenly spaced rows, the last one included, what its events said."""
    rows = np.unique(np.linspace(0, day.row_end.size - 1, _PROBES).astype(np.int64)).tolist()
    agreed = done = 0
    for row in rows:
        end = int(day.row_end[row])
        book.apply(day.commands[done:end])
        done = end
        agreed += _depth_touch(book) == tuple(touches[row].tolist())
    return CheckResult(
        "depth-agrees",
        passed=agreed == len(rows),
        detail="the book's own depth is what its events add up to, at evenly spaced rows",
        counts={"rows-asked": len(rows), "rows-agreed": agreed},
    )


def _depth_touch(book: Book) -> tuple[int, int, int, int]:
    asks, bids = book.depth(Side.SELL, 1), book.depth(Side.BUY, 1)
    ask = (asks[0].price_ticks, asks[0].qty_lots) if asks else (NO_ASK, 0)
    bid = (bids[0].price_ticks, bids[0].qty_lots) if bids else (NO_BID, 0)
    return *ask, *bid


def _level(pair: NDArray[np.int64]) -> str:
    return f"{pair[1]} at {pair[0]}"


def _source(file: DataFile) -> SourceData:
    return SourceData(file.name, file.size, file.sha256)
