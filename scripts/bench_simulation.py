"""Times what a strategy costs beside recorded market data, and the frames of a day.

Processor time of `Simulation.run()` alone, per event: recorded changes, calls of the strategy, messages that
it sends and reports that it gets. Three strategies: one that has no method (the recording alone), one that is
called at each change of the touch and each trade and does nothing, and a market maker that joins both sides
of the touch again whenever it moves, with latency. The median of interleaved repeats, and the best: a machine that does other work gives both too high.
What a strategy adds is its run less that of the recording alone, its own code included.

Usage::

    python scripts/bench_simulation.py [--lobster FILE] [--repeats N] [--json]

Without `--lobster` a day is made.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time_ns
from typing import Any

from obengine import (
    NO_PRICE,
    Latency,
    Side,
    Simulation,
    Strategy,
    read_lobster,
    record_source,
    write_lobster_sample,
)
from obengine.cores import core_names
from obengine.simulation.recording import Recording

LATENCY = Latency(feed_ns=200_000, order_ns=300_000, report_ns=200_000)


class Counting(Strategy):
    """Is called at each change of the touch and each trade, and counts."""

    def __init__(self) -> None:
        self.calls = 0

    def on_touch(self, market: Any, symbol: int) -> None:  # noqa: ARG002
        """Count."""
        self.calls += 1

    def on_trade(self, market: Any, trade: Any) -> None:  # noqa: ARG002
        """Count."""
        self.calls += 1


class Joining(Counting):
    """Joins both sides of the touch whenever they move."""

    def __init__(self) -> None:
        super().__init__()
        self.quotes: dict[Side, tuple[int, int]] = {}
        self.sent = 0

    def on_touch(self, market: Any, symbol: int) -> None:
        """Quote again where the touch moved."""
        self.calls += 1
        bid, _, ask, _ = market.touch(symbol)
        for side, price in ((Side.BUY, bid), (Side.SELL, ask)):
            order_id, quoted = self.quotes.get(side, (0, NO_PRICE))
            if price in (quoted, NO_PRICE):
                continue
            if order_id:
                market.cancel(order_id)
                self.sent += 1
            self.quotes[side] = (market.submit(side, 100, price, post_only=True), price)
            self.sent += 1


def timed(recording: Recording, make: Callable[[], Strategy], latency: Latency) -> tuple[int, int]:
    """Processor nanoseconds of a run, and its events."""
    strategy = make()
    simulation = Simulation(recording, strategy, latency=latency)
    start = process_time_ns()
    result = simulation.run()
    spent = process_time_ns() - start
    reports = result.event_records.size
    calls, sent = getattr(strategy, "calls", 0), getattr(strategy, "sent", 0)
    return spent, recording.changes.size + calls + sent + reports


def main() -> None:
    """Print the table, or JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lobster", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        path = arguments.lobster or write_lobster_sample(Path(folder), rows=50_000)
        day = read_lobster(path, core=core_names()[0])
    recording = record_source(day)
    contenders = {
        "recording alone": (Strategy, Latency()),
        "called, does nothing": (Counting, Latency()),
        "market maker": (Joining, LATENCY),
    }
    runs: dict[str, list[tuple[int, int]]] = {name: [] for name in contenders}
    frames: dict[str, list[int]] = {"day.levels(5)": [], "recording": [], "recording.levels(5)": []}
    for _ in range(arguments.repeats):
        for name, (make, latency) in contenders.items():
            runs[name].append(timed(recording, make, latency))
        for name, made in (
            ("day.levels(5)", lambda: day.levels(5)),
            ("recording", lambda: record_source(day)),
            ("recording.levels(5)", lambda: recording.levels(5)),
        ):
            start = process_time_ns()
            made()
            frames[name].append(process_time_ns() - start)
    found = {
        name: {
            "events": each[0][1],
            "ns_per_event": round(median(spent / events for spent, events in each)),
            "best_ns_per_event": round(min(spent / events for spent, events in each)),
        }
        for name, each in runs.items()
    }
    alone = median(spent for spent, _ in runs["recording alone"])
    for name, each in runs.items():
        found[name]["added_ns_per_event"] = round(median((spent - alone) / events for spent, events in each))
    seconds = {name: median(each) / 10**9 for name, each in frames.items()}
    if arguments.json:
        print(json.dumps({"simulation": found, "seconds": seconds}, indent=2))
        return
    print(f"{day.name}: {recording.changes.size:,} recorded changes")
    for name, row in found.items():
        print(
            f"  {name:22} {row['events']:9,} events  {row['ns_per_event']:6,} ns an event, best {row['best_ns_per_event']:,};"
            f" {row['added_ns_per_event']:,} added by the strategy"
        )
    for name, spent in seconds.items():
        print(f"  {name:22} {spent:.3f} s")


if __name__ == "__main__":
    main()
