"""Throughput of the engine's cores beside the pure-Python order books that PyPI ships.

Every contender gets the same seeded stream (half adds, 40 % cancels of resting orders, 10 % market
orders; a slower book gets a prefix of it, its length is in the table) in interleaved rounds on
fresh books. Trades and lots of each run are compared with those of the reference core on the same
messages, outside the timing: a book that trades differently gets no figure. Our cores are timed
from the NumPy batch to the events; for a peer its order objects are made before the clock starts.

    python scripts/bench_engine.py [--messages N] [--rounds N] [--seed N] [--stream FILE.npz]
                                   [--clock wall|cpu] [--figures [--itch FILE] [--cpp FOLDER]] [--json]
                                   [--custom FILE] [--threads]

With --figures those of the native core alone come first (see engine_figures.py), and with --cpp those of
its C++ benchmarks (see engine_cpp_figures.py). --custom writes the medians as a file that `obrelease import`
and `obrelease measure --format custom` read: a list of name, unit and value.

--threads prints what a second processor gives the native core and nothing else (see engine_thread_figures.py).

The cpu clock leaves out the time that other processes took from this one: for a busy machine.

A peer that is not installed in the running environment is named and left out. FILE.npz holds an
array `stream` with the fields op (0 add, 1 cancel, 2 market), side, quantity, price, order_id.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, Final

import numpy as np

from obengine import cores
from obengine.api.messages import (
    COMMAND,
    NO_PRICE,
    Commands,
    EventKind,
    Events,
    Op,
    OrderKind,
    Side,
    records_digest,
)
from obengine.flow.baseline import STEADY, generate
from obengine.reference.book import ReferenceBook

NEUTRAL: Final = replace(STEADY, name="neutral", stale_cancel_share=0, ioc_share=0)

Outcome = tuple[int, int]
"""Trades, and lots traded."""

Pass = Callable[[], Callable[[], Outcome]]
"""One timed pass over a prepared stream; what it gives back counts the trades, outside the timing."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A book in the race: `prepare` turns commands into a pass over a fresh book."""

    name: str
    version: str
    messages: int
    prepare: Callable[[Commands], Pass]


def count_events(events: Events) -> Outcome:
    """Trades and lots of an event batch."""
    trades = events[events["kind"] == EventKind.TRADED]
    return len(trades), int(trades["qty_lots"].sum())


def our_core(name: str) -> Callable[[Commands], Pass]:
    """A core of obengine: one batch in, one batch out; the events digest must be the same each time."""

    digests: set[str] = set()

    def prepare(commands: Commands) -> Pass:
        book = cores.make_book(name)

        def run() -> Callable[[], Outcome]:
            events = book.apply(commands)

            def outcome() -> Outcome:
                digests.add(records_digest(events))
                if len(digests) > 1:
                    sys.exit(f"{name}: two passes gave different events")
                return count_events(events)

            return outcome

        return run

    return prepare


def light_matching_engine(commands: Commands) -> Pass:
    """lightmatchingengine numbers its orders itself, from 1; a price of 0 is a market order."""
    module = import_module("lightmatchingengine.lightmatchingengine")
    theirs: dict[int, int] = {}
    steps: list[tuple[int, int, int, int]] = []
    for command in commands.tolist():
        op, side, kind, _, _, _, qty, _, order_id, price = command
        if op == Op.CANCEL:
            steps.append((theirs[order_id], 0, 0, 0))
        else:
            theirs[order_id] = len(theirs) + 1
            steps.append((0, 0 if kind == OrderKind.MARKET else price, qty, 1 if side == Side.BUY else 2))
    engine = module.LightMatchingEngine()

    def run() -> Callable[[], Outcome]:
        log: list[tuple[Any, Any]] = []
        for cancelled, price, qty, side in steps:
            if cancelled:
                engine.cancel_order(cancelled, "X")
                continue
            order, trades = engine.add_order("X", price, qty, side)
            log.append((order, trades))
            if not price and order.leaves_qty:
                engine.cancel_order(order.order_id, "X")

        def outcome() -> Outcome:
            makers = [trade for order, trades in log for trade in trades if trade.trade_side != order.side]
            return len(makers), sum(trade.trade_qty for trade in makers)

        return outcome

    return run


def pyorderbook(commands: Commands) -> Pass:
    """pyorderbook has no market orders: an extreme limit, and a cancel of what is left."""
    module = import_module("pyorderbook")
    theirs: dict[int, Any] = {}
    steps: list[tuple[Any, bool, bool]] = []
    for command in commands.tolist():
        op, side, kind, _, _, _, qty, _, order_id, price = command
        if op == Op.NEW:
            market = kind == OrderKind.MARKET
            limit = (10**12 if side == Side.BUY else 1) if market else price
            make = module.bid if side == Side.BUY else module.ask
            theirs[order_id] = make("X", limit, qty)
            steps.append((theirs[order_id], False, market))
        else:
            steps.append((theirs[order_id], True, False))
    book = module.Book()

    def run() -> Callable[[], Outcome]:
        log: list[Any] = []
        for order, is_cancel, market in steps:
            if is_cancel:
                book.cancel(order)
                continue
            log.append(book.match(order))
            if market and order.quantity:
                book.cancel(order)

        def outcome() -> Outcome:
            trades = [trade for blotter in log for trade in blotter.trades]
            return len(trades), sum(trade.fill_quantity for trade in trades)

        return outcome

    return run


def order_matching(commands: Commands) -> Pass:
    """order-matching places, then matches; what a market order has left rests there, so it is cancelled."""
    import_module("loguru").logger.disable("order_matching")
    orders, enums = import_module("order_matching.order"), import_module("order_matching.enums")
    batch = import_module("order_matching.orders").Orders
    steps: list[tuple[Any, str, datetime]] = []
    start = datetime(2000, 1, 1)  # noqa: DTZ001 - the library's clock is naive
    for at, command in enumerate(commands.tolist()):
        op, side, kind, _, _, _, qty, _, order_id, price = command
        now, name, order = start + timedelta(microseconds=at), str(order_id), None
        if op == Op.NEW:
            fields: dict[str, Any] = {
                "side": enums.Side.BUY if side == Side.BUY else enums.Side.SELL,
                "size": qty,
                "timestamp": now,
                "order_id": name,
                "trader_id": "x",
            }
            market = kind == OrderKind.MARKET
            order = orders.MarketOrder(**fields) if market else orders.LimitOrder(price=price, **fields)
        steps.append((order, name, now))
    engine = import_module("order_matching.matching_engine").MatchingEngine(seed=1)

    def run() -> Callable[[], Outcome]:
        log: list[Any] = []
        for order, name, now in steps:
            if order is None:
                engine.cancel_order(name)
                continue
            engine.place(batch([order]))
            log.append(engine.match(now))
            if isinstance(order, orders.MarketOrder) and order.size:
                engine.cancel_order(name)

        def outcome() -> Outcome:
            trades = [trade for executed in log for trade in executed.trades]
            return len(trades), int(sum(trade.size for trade in trades))

        return outcome

    return run


CLOCKS: Final = {"wall": time.perf_counter_ns, "cpu": time.process_time_ns}
PEERS: Final = (
    ("lightmatchingengine", "lightmatchingengine.lightmatchingengine", 200_000, light_matching_engine),
    ("pyorderbook", "pyorderbook", 100_000, pyorderbook),
    ("order-matching", "order_matching.matching_engine", 4_000, order_matching),
)
"""Name on PyPI, the module that the adapter needs, the most messages it is given, and the adapter."""


def contenders(messages: int) -> tuple[list[Contender], dict[str, str]]:
    """Who can run here, the reference core first; and who cannot, with the reason."""
    ours = sorted(cores.core_names(), key=lambda name: name != cores.REFERENCE)
    found = [Contender(name, "obengine", messages, our_core(name)) for name in ours]
    missing: dict[str, str] = {}
    if (reason := cores.native_unavailable_reason()) is not None:
        missing[cores.NATIVE] = reason
    for name, module, most, prepare in PEERS:
        try:
            import_module(module)
        except ImportError as error:
            missing[name] = f"not in this environment: {error}"
        else:
            found.append(Contender(name, metadata.version(name), min(messages, most), prepare))
    return found, missing


def read_stream(path: Path) -> Commands:
    """A recorded neutral stream as commands."""
    stream = np.load(path)["stream"]
    market, cancel = stream["op"] == 2, stream["op"] == 1
    commands = np.zeros(len(stream), COMMAND)
    commands["op"], commands["side"], commands["kind"] = cancel, stream["side"], market
    commands["qty_lots"] = np.where(cancel, 0, stream["quantity"])
    commands["order_id"], commands["price_ticks"] = stream["order_id"], stream["price"]
    commands["price_ticks"][market] = NO_PRICE
    return commands


def timed_rate(
    contender: Contender, commands: Commands, expected: Outcome, clock_ns: Callable[[], int]
) -> float:
    """Messages a second of one pass over a fresh book, once its trades are found right."""
    run = contender.prepare(commands)
    gc.collect()
    start_ns = clock_ns()
    outcome = run()
    elapsed_ns = clock_ns() - start_ns
    if (got := outcome()) != expected:
        sys.exit(f"{contender.name}: {got} trades and lots, where the reference core has {expected}")
    return len(commands) * 1e9 / elapsed_ns


def race(
    field: list[Contender], commands: Commands, rounds: int, clock_ns: Callable[[], int]
) -> dict[str, list[float]]:
    """Messages a second of every contender in every round."""
    expected = {n: count_events(ReferenceBook().apply(commands[:n])) for n in {c.messages for c in field}}
    rates: dict[str, list[float]] = {contender.name: [] for contender in field}
    for _ in range(rounds):
        for contender in field:
            part = commands[: contender.messages]
            rates[contender.name].append(timed_rate(contender, part, expected[contender.messages], clock_ns))
    return rates


def summary(field: list[Contender], rates: dict[str, list[float]]) -> list[dict[str, Any]]:
    """Median, extremes and the median of the per-round ratios to the reference core, of each."""
    base = rates[cores.REFERENCE]
    return [
        {
            "name": contender.name,
            "version": contender.version,
            "messages": contender.messages,
            "rates_msg_s": [round(rate) for rate in rates[contender.name]],
            "median_msg_s": round(statistics.median(rates[contender.name])),
            "min_msg_s": round(min(rates[contender.name])),
            "max_msg_s": round(max(rates[contender.name])),
            "reference_is_faster_by": round(
                statistics.median(
                    ours / rate for ours, rate in zip(base, rates[contender.name], strict=True)
                ),
                4,
            ),
        }
        for contender in field
    ]


def custom_rows(own: list[dict[str, Any]], books: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Names, units and medians; rates in messages a second, times in nanoseconds, ratios without a unit."""
    scales = {
        "M msg/s": ("msg/s", 1e6),
        "ns/message": ("ns", 1.0),
        "ns": ("ns", 1.0),
        "times": ("ratio", 1.0),
    }
    found = []
    for figure in own:
        unit, scale = scales[figure["unit"]]
        found.append({"name": figure["name"], "unit": unit, "value": scale * figure["median"]})
    for book in books:
        name = f"{book['name']} {book['version']}, mixed stream"
        found.append({"name": name, "unit": "msg/s", "value": book["median_msg_s"]})
    return found


def print_table(rows: list[dict[str, Any]], missing: dict[str, str]) -> None:
    """The same for people."""
    print(f"{'book':<22}{'messages':>10}{'median':>14}{'min':>14}{'max':>14}   reference is faster by")
    for row in rows:
        speeds = "".join(
            f"{row[key] / 1e3:>10,.1f} k/s" for key in ("median_msg_s", "min_msg_s", "max_msg_s")
        )
        print(f"{row['name']:<22}{row['messages']:>10,}{speeds}   {row['reference_is_faster_by']:.3g} x")
    for name, reason in missing.items():
        print(f"left out: {name}: {reason}")


def main() -> None:
    """Parse, race, report."""
    parser = argparse.ArgumentParser(description="Throughput of our cores beside the books on PyPI.")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument(
        "--stream", type=Path, help="a recorded neutral stream (.npz) in place of the seeded one"
    )
    parser.add_argument("--clock", choices=sorted(CLOCKS), default="wall")
    parser.add_argument("--figures", action="store_true", help="the native core's own figures, too")
    parser.add_argument("--itch", type=Path, help="an ITCH 5.0 file for --figures")
    parser.add_argument("--cpp", type=Path, help="the folder of the built C++ benchmarks for --figures")
    parser.add_argument("--custom", type=Path, help="also write the medians for `--format custom`")
    parser.add_argument("--threads", action="store_true", help="two threads against one, and nothing else")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout, nothing else")
    args = parser.parse_args()
    if args.stream is None:
        commands = generate(NEUTRAL, args.seed, args.messages).commands
    else:
        commands = read_stream(args.stream)[: args.messages]
    own_figures = import_module("engine_figures")
    if args.threads:
        found = import_module("engine_thread_figures").thread_figures(commands, args.rounds)
        if args.custom is not None:
            args.custom.write_text(json.dumps(custom_rows(found, []), indent=1), "utf-8")
        print(json.dumps(found, indent=1)) if args.json else own_figures.print_figures(found)
        return
    own = own_figures.figures(commands, args.rounds, CLOCKS[args.clock], args.itch) if args.figures else []
    field, missing = contenders(len(commands))
    if args.figures and args.cpp is not None:
        from_cpp, absent = import_module("engine_cpp_figures").cpp_figures(
            args.cpp, commands, args.rounds, args.itch
        )
        own += from_cpp
        missing |= dict.fromkeys(absent, "not built")
    rows = summary(field, race(field, commands, args.rounds, CLOCKS[args.clock]))
    if args.custom is not None:
        args.custom.write_text(json.dumps(custom_rows(own, rows), indent=1), "utf-8")
    if args.json:
        stream = {
            "source": "file" if args.stream else "seeded",
            "seed": None if args.stream else args.seed,
            "messages": len(commands),
            "commands_digest": records_digest(commands),
        }
        report = {
            "stream": stream,
            "rounds": args.rounds,
            "clock": args.clock,
            "figures": own,
            "books": rows,
            "missing": missing,
        }
        print(json.dumps(report, indent=1))
    else:
        own_figures.print_figures(own)
        print_table(rows, missing)


if __name__ == "__main__":
    main()
