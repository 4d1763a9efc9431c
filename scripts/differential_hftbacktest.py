"""Compares `obengine.Simulation` with hftbacktest on one LOBSTER day, order by order.

Every few seconds a buy order joins the best bid and a sell order the best ask, one lot each, post-only and
without latency; it is cancelled after as long. Both programs get the same changes of the recorded book, with
order ids, and both know the places in the queues. Each order is then filled by both, by one, or by none.

What differs by rule is separated by what filled the order here:

* `through`: a recorded trade at a worse price. hftbacktest fills an order when a trade takes an order behind
  it at its own price, or when the best price of the other side crosses it.
* `hidden`: a trade with a hidden order at a worse price, which hftbacktest has no event for.
* `window`: the order's level left the recorded part of the book. hftbacktest sees that as cancels, so the
  order moves to the front of its queue.

Anything else is a difference that nobody explained, and makes the exit code 1.

Usage (in an environment with hftbacktest and NumPy; this project on PYTHONPATH)::

    python scripts/differential_hftbacktest.py [--lobster FILE] [--every SECONDS] [--rows N]

Without `--lobster` a day of `--rows` rows is made.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hftbacktest as hbt
import numpy as np
from hftbacktest import GTX, LIMIT, BacktestAsset, HashMapMarketDepthBacktest
from numba import njit

from obengine import NO_PRICE, Side, Simulation, Strategy, read_lobster, write_lobster_sample
from obengine.cores import core_names
from obengine.feeds.lobster import LobsterDay
from obengine.feeds.order_flow import ChangeKind, apply_numbered, order_changes
from obengine.simulation.recording import Recording
from obengine.simulation.sources import record_source

NANOS = 10**9


@dataclass(frozen=True, slots=True)
class Outcome:
    """An order by slot and side: its limit, and when it was filled; -1 if it was not."""

    price: int
    filled_ns: int


Outcomes = dict[tuple[int, int], Outcome]


class Joining(Strategy):
    """One lot at each side of the touch at each of the given times, cancelled at the next."""

    def __init__(self, slots_ns: list[int]) -> None:
        self.slots_ns = slots_ns
        self.sent: dict[int, tuple[int, int, int]] = {}

    def on_start(self, market: Any) -> None:
        """Set all timers."""
        for slot, time_ns in enumerate(self.slots_ns):
            market.set_timer(time_ns, str(slot))

    def on_timer(self, market: Any, tag: str) -> None:
        """Cancel what is left, then join again."""
        for order in market.orders():
            market.cancel(order.order_id)
        touch = market.touch()
        for side, price in ((Side.BUY, touch.bid_ticks), (Side.SELL, touch.ask_ticks)):
            if price != NO_PRICE:
                self.sent[market.submit(side, 1, price, post_only=True)] = (int(tag), int(side), price)


def our_outcomes(recording: Recording, slots_ns: list[int]) -> tuple[Outcomes, dict[tuple[int, int], str]]:
    """What our simulation gives, and by what each order was filled."""
    strategy = Joining(slots_ns)
    result = Simulation(recording, strategy).run()
    outcomes = {(slot, side): Outcome(price, -1) for slot, side, price in strategy.sent.values()}
    causes = {}
    for fill in result.fill_records:
        slot, side, price = strategy.sent[int(fill["order_id"])]
        outcomes[slot, side] = Outcome(price, int(fill["time_ns"]))
        change = recording.changes[fill["change"]]
        causes[slot, side] = cause_of(change, price)
    return outcomes, causes


def cause_of(change: Any, price: int) -> str:
    """What filled an order: a trade behind it, or something else."""
    if change["kind"] == ChangeKind.HIDDEN:
        return "hidden"
    if change["kind"] == ChangeKind.ADD:
        return "crossing"
    return "behind" if change["price_ticks"] == price else "through"


def exported(day: LobsterDay) -> np.ndarray:
    """The changes of the recorded book as events of hftbacktest."""
    events, numbers = apply_numbered(day.commands, core_names()[0], 1)
    changes, of_command = order_changes(events, numbers)
    rows = np.searchsorted(day.row_end, of_command, side="right")
    times = day.times_ns[rows]
    open_lots: dict[int, int] = {}
    made = []
    both = hbt.EXCH_EVENT | hbt.LOCAL_EVENT
    for change, time_ns in zip(changes, times.tolist(), strict=True):
        order_id, lots, kind = int(change["order_id"]), int(change["lots"]), int(change["kind"])
        side = hbt.BUY_EVENT if change["side"] == Side.BUY else hbt.SELL_EVENT
        price = float(change["price_ticks"])
        if kind == ChangeKind.ADD:
            open_lots[order_id] = lots
            made.append((hbt.ADD_ORDER_EVENT | side | both, time_ns, time_ns, price, lots, order_id, 0, 0.0))
            continue
        if kind == ChangeKind.TRADE:
            made.append((hbt.FILL_EVENT | side | both, time_ns, time_ns, price, lots, order_id, 0, 0.0))
        open_lots[order_id] -= lots
        left = open_lots[order_id]
        what = hbt.MODIFY_ORDER_EVENT if left else hbt.CANCEL_ORDER_EVENT
        made.append((what | side | both, time_ns, time_ns, price, left, order_id, 0, 0.0))
    return np.array(made, dtype=hbt.types.event_dtype)


@njit  # type: ignore[misc]
def _join(backtest: Any, slots_ns: np.ndarray, found: np.ndarray) -> None:
    for slot in range(slots_ns.size):
        if backtest.elapse(slots_ns[slot] - backtest.current_timestamp) != 0:
            break
        if slot:
            for side in range(2):
                order_id = 2 * (slot - 1) + side + 1
                order = backtest.orders(0).get(order_id)
                if order is not None:
                    if order.status == 3:
                        found[slot - 1, side, 1] = order.exch_timestamp
                    elif order.cancellable:
                        backtest.cancel(0, order_id, False)
        backtest.clear_inactive_orders(0)
        depth = backtest.depth(0)
        if depth.best_bid_tick > 0:
            found[slot, 0, 0] = depth.best_bid_tick
            backtest.submit_buy_order(0, 2 * slot + 1, depth.best_bid, 1.0, GTX, LIMIT, False)
        if depth.best_ask_tick < 2**40:
            found[slot, 1, 0] = depth.best_ask_tick
            backtest.submit_sell_order(0, 2 * slot + 2, depth.best_ask, 1.0, GTX, LIMIT, False)


def their_outcomes(day: LobsterDay, slots_ns: list[int]) -> Outcomes:
    """What hftbacktest gives."""
    data = exported(day)
    asset = (
        BacktestAsset()
        .data(data)
        .linear_asset(1.0)
        .constant_latency(0, 0)
        .l3_fifo_queue_model()
        .no_partial_fill_exchange()
        .trading_value_fee_model(0.0, 0.0)
        .tick_size(1.0)
        .lot_size(1.0)
    )
    backtest = HashMapMarketDepthBacktest([asset])
    found = np.full((len(slots_ns), 2, 2), -1, dtype=np.int64)
    _join(backtest, np.array(slots_ns, dtype=np.int64), found)
    backtest.close()
    outcomes: Outcomes = {}
    for slot, side in np.ndindex(found.shape[:2]):
        price, filled_ns = found[slot, side].tolist()
        if price >= 0:
            outcomes[slot, side] = Outcome(price, filled_ns)
    return outcomes


def left_window(recording: Recording, side: int, outcome: Outcome, start_ns: int, end_ns: int) -> bool:
    """Whether the level of an order left the recorded part of the book while it waited."""
    changes = recording.changes
    own = (changes["kind"] == ChangeKind.LEAVE) & (changes["side"] == side)
    own &= changes["price_ticks"] == outcome.price
    times = changes["time_ns"][own]
    return bool(((times >= start_ns) & (times <= end_ns)).any())


def compare(day: LobsterDay, every_s: int) -> int:
    """Print the comparison; return the number of differences that nobody explained."""
    recording = record_source(day)
    first, last = int(day.times_ns[0]), int(day.times_ns[-1])
    # An odd nanosecond, so that no order arrives at the time of a change.
    slots_ns = list(range(first + 5 * NANOS + 1, last, every_s * NANOS))
    while taken := {*slots_ns} & {*day.times_ns.tolist()}:
        slots_ns = sorted({*slots_ns} - taken)
    ours, causes = our_outcomes(recording, slots_ns)
    theirs = their_outcomes(day, slots_ns)
    counts: Counter[str] = Counter()
    unexplained = []
    for key in sorted(ours.keys() & theirs.keys()):
        mine, other = ours[key], theirs[key]
        slot, side = key
        if slot == len(slots_ns) - 1:
            continue
        if mine.price != other.price:
            counts["other touch"] += 1
            unexplained.append((key, mine, other))
            continue
        cause = causes.get(key, "")
        filled = (mine.filled_ns >= 0, other.filled_ns >= 0)
        if mine.filled_ns == other.filled_ns:
            counts["filled at the same nanosecond" if filled[0] else "filled by none"] += 1
        elif left_window(recording, side, mine, slots_ns[slot], slots_ns[slot + 1]):
            counts[f"differs: window {filled}"] += 1
        elif cause in {"through", "hidden"}:
            counts[f"differs: {cause}, {'later there' if filled[1] else 'not filled there'}"] += 1
        else:
            counts[f"unexplained: {cause or 'not filled here'}"] += 1
            unexplained.append((key, mine, other))
    print(f"{day.name}: {len(slots_ns):,} times, {sum(counts.values()):,} orders compared")
    for name, number in counts.most_common():
        print(f"  {number:7,}  {name}")
    for line in unexplained[:10]:
        print("  unexplained", *line)
    return len(unexplained)


def main() -> int:
    """Compare a day."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lobster", type=Path)
    parser.add_argument("--every", type=int, default=5)
    parser.add_argument("--rows", type=int, default=40_000)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        path = arguments.lobster or write_lobster_sample(Path(folder), rows=arguments.rows)
        day = read_lobster(path, core=core_names()[0])
        return int(compare(day, arguments.every) > 0)


if __name__ == "__main__":
    raise SystemExit(main())
