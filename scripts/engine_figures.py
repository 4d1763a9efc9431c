"""Figures of the native core that need no peer: `bench_engine.py --figures` prints them.

Each is the median of repeats on fresh books, with the least and the greatest; times are of the clock
that the caller chose. What only a C++ program can measure (the core without Python, one message's
latency, other cores in C++) is left to the benchmarks of the engine's CMake project.
"""

from __future__ import annotations

import gc
import resource
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from engine_book_figures import distant_orders, interleaved_symbols

from obengine.api.messages import COMMAND, Commands, Op, OrderKind, records_digest
from obengine.native.book import NativeBook
from obengine.native.itch import ItchBooks

Clock = Callable[[], int]
Figure = dict[str, Any]

WALK_STEP_TICKS = 30
RESTING_ORDERS = 5_000_000
PRICE_LEVELS = 1_000_000
FEW_STOPS, MANY_STOPS, EXTREMES = 10, 10_000, 20_000


def figures(commands: Commands, rounds: int, clock_ns: Clock, itch: Path | None) -> list[Figure]:
    """Every figure that can be had here.

    Args:
        commands: the stream of the throughput figures.
        rounds: repeats of each.
        clock_ns: what times are taken with.
        itch: an ITCH 5.0 file, or None to leave its figure out.
    """
    found = [
        _apply(commands, rounds, clock_ns),
        _digest(commands, rounds, clock_ns),
        _wide_walk(commands, rounds, clock_ns),
        _trailing_stops(rounds, clock_ns),
        *interleaved_symbols(len(commands), rounds, clock_ns),
        *distant_orders(len(commands), rounds, clock_ns),
    ]
    if itch is not None:
        found.append(_itch(itch, rounds, clock_ns))
    found.append(_large_book(rounds, clock_ns))
    return found


def print_figures(found: list[Figure]) -> None:
    """The same for people."""
    for figure in found:
        spread = f"{figure['min']:,.2f} to {figure['max']:,.2f}"
        more = ", ".join(f"{name} {value:,}" for name, value in figure["with"].items())
        print(f"{figure['name']:<58}{figure['median']:>10,.2f} {figure['unit']} ({spread}) {more}")


def _figure(name: str, unit: str, values: list[float], **more: float) -> Figure:
    return {
        "name": name,
        "unit": unit,
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
        "values": [round(value, 3) for value in values],
        "with": more,
    }


def _times_ns(prepare: Callable[[], Callable[[], object]], rounds: int, clock_ns: Clock) -> list[int]:
    """Time of each pass; `prepare` makes a fresh one before the clock starts."""
    taken = []
    for _ in range(rounds):
        run = prepare()
        gc.collect()
        start_ns = clock_ns()
        run()
        taken.append(clock_ns() - start_ns)
    return taken


def _apply(commands: Commands, rounds: int, clock_ns: Clock) -> Figure:
    def prepare() -> Callable[[], object]:
        book = NativeBook()
        return lambda: book.apply(commands)

    taken = _times_ns(prepare, rounds, clock_ns)
    values = [time_ns / len(commands) for time_ns in taken]
    return _figure("native core, one batch in, all events out", "ns/message", values, messages=len(commands))


def _wide_walk(commands: Commands, rounds: int, clock_ns: Clock) -> Figure:
    """Time for one event while the middle walks over tens of thousands of ticks, against a middle that stays."""
    rng = np.random.default_rng(1)
    wide = commands.copy()
    walk = np.cumsum(rng.integers(-WALK_STEP_TICKS, WALK_STEP_TICKS + 1, len(commands)))
    is_limit = (wide["op"] == Op.NEW) & (wide["kind"] == OrderKind.LIMIT)
    wide["price_ticks"][is_limit] += walk[is_limit]
    events = [len(NativeBook().apply(stream)) for stream in (commands, wide)]

    def passes(stream: Commands) -> Callable[[], Callable[[], object]]:
        def prepare() -> Callable[[], object]:
            book = NativeBook()
            return lambda: book.apply(stream)

        return prepare

    pairs = [
        (_times_ns(passes(commands), 1, clock_ns)[0], _times_ns(passes(wide), 1, clock_ns)[0])
        for _ in range(rounds)
    ]
    values = [(walked / events[1]) / (stayed / events[0]) for stayed, walked in pairs]
    by_message = statistics.median(walked / stayed for stayed, walked in pairs)
    return _figure(
        "wide walk against narrow, time for one event",
        "times",
        values,
        walk_ticks=int(walk.max() - walk.min()),
        events_narrow=events[0],
        events_wide=events[1],
        by_message=round(by_message, 2),
    )


def _trailing_stops(rounds: int, clock_ns: Clock) -> Figure:
    """Time of a trade at a new extreme that moves the triggers of 10,000 trailing stops, against that of 10."""
    trades = np.zeros(2 * EXTREMES, COMMAND)
    trades["qty_lots"] = 1
    trades["side"][::2] = 1
    trades["order_id"] = np.tile([1, 2], EXTREMES)
    trades["price_ticks"] = 10_000_000 + np.repeat(np.arange(EXTREMES), 2)

    def passes(stops: Commands) -> Callable[[], Callable[[], object]]:
        def prepare() -> Callable[[], object]:
            book = NativeBook()
            book.apply(stops)
            return lambda: book.apply(trades)

        return prepare

    few, many = (passes(_trailing_orders(count)) for count in (FEW_STOPS, MANY_STOPS))
    pairs = [(_times_ns(few, 1, clock_ns)[0], _times_ns(many, 1, clock_ns)[0]) for _ in range(rounds)]
    return _figure(
        "10,000 trailing stops against 10, trades at new extremes",
        "times",
        [after / before for before, after in pairs],
        ns_a_trade=round(statistics.median(after for _, after in pairs) / EXTREMES, 1),
    )


def _trailing_orders(count: int) -> Commands:
    """Sell stops with trails so long that no price reaches their triggers."""
    orders = np.zeros(2 * count, COMMAND)
    orders["op"][::2] = Op.EXTEND
    orders["price_ticks"][::2] = 1_000_000 + np.random.default_rng(1).integers(0, 1_000_000, count)
    orders["side"][1::2], orders["kind"][1::2], orders["flags"][1::2] = 1, OrderKind.TRAILING_STOP, 1
    orders["qty_lots"][1::2] = 1
    orders["order_id"][1::2] = 10 + np.arange(count)
    return orders


def _digest(commands: Commands, rounds: int, clock_ns: Clock) -> Figure:
    def prepare() -> Callable[[], object]:
        book = NativeBook()
        return lambda: records_digest(book.apply(commands))

    taken = _times_ns(prepare, rounds, clock_ns)
    values = [1e3 * len(commands) / time_ns for time_ns in taken]
    return _figure("native core, NumPy in to events digest out", "M msg/s", values, messages=len(commands))


def _itch(path: Path, rounds: int, clock_ns: Clock) -> Figure:
    messages = 0

    def prepare() -> Callable[[], object]:
        def run() -> None:
            nonlocal messages
            end = ItchBooks().read(np.memmap(path, np.uint8, mode="r"))
            end.require_complete(path.name)
            if not end.messages:
                sys.exit(
                    f"{path}: its first frame is empty, which ends a file; frames need their lengths here"
                )
            messages = end.messages

        return run

    taken = _times_ns(prepare, rounds, clock_ns)
    values = [1e3 * messages / time_ns for time_ns in taken]
    return _figure("ITCH 5.0 file to the books of all symbols", "M msg/s", values, messages=messages)


def _large_book(rounds: int, clock_ns: Clock) -> Figure:
    """How much longer twice as many resting orders on a million levels take; 2 is no cliff."""

    def prepare(orders: Commands) -> Callable[[], Callable[[], object]]:
        def fresh() -> Callable[[], object]:
            book = NativeBook()

            def run() -> None:
                for start in range(0, len(orders), 65_536):
                    book.apply(orders[start : start + 65_536])

            return run

        return fresh

    orders = _resting_orders()
    half = _times_ns(prepare(orders[: RESTING_ORDERS // 2]), rounds, clock_ns)
    whole = _times_ns(prepare(orders), rounds, clock_ns)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    values = [twice / once for once, twice in zip(half, whole, strict=True)]
    return _figure(
        "t(2n)/t(n), n = 2.5 M resting orders on 1 M levels",
        "times",
        values,
        ns_an_order=round(statistics.median(whole) / RESTING_ORDERS, 1),
        peak_mib_of_the_process=peak_mib,
        mib_of_the_commands=orders.nbytes >> 20,
    )


def _resting_orders() -> Commands:
    rng = np.random.default_rng(1)
    orders = np.zeros(RESTING_ORDERS, COMMAND)
    orders["side"] = rng.integers(0, 2, RESTING_ORDERS)
    orders["qty_lots"] = 1
    orders["order_id"] = np.arange(RESTING_ORDERS)
    away = rng.integers(1, PRICE_LEVELS // 2 + 1, RESTING_ORDERS)
    orders["price_ticks"] = np.where(orders["side"] == 1, away, -away)
    return orders
