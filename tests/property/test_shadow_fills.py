"""Shadows instead of recorded orders get their fills; a run is a function of its inputs."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from obengine.api.messages import OrderKind, Side
from obengine.feeds.order_flow import ChangeKind
from obengine.flow.baseline import STEADY, generate
from obengine.simulation.latency import Latency
from obengine.simulation.recording import Recording, record_commands
from obengine.simulation.simulation import Simulation
from obengine.simulation.strategy import Market, Strategy
from tests.property.mirrored_orders import Fills, MirroredOrders, fills_by_order, recorded_fills

SEEDS = st.integers(0, 2**64 - 1)


def recorded_flow(seed: int, messages: int) -> Recording:
    """A seeded flow of limit, market and IOC orders and cancels, ten nanoseconds apart."""
    commands = generate(STEADY, seed, messages).commands
    return record_commands(commands, np.arange(commands.size) * 10 + 10)


def passive_orders(recording: Recording) -> list[int]:
    """ADD changes of orders that traded with nobody on arrival; the first change has no time before it."""
    adds = np.flatnonzero(recording.changes["kind"] == ChangeKind.ADD)
    times, counts = np.unique(recording.times_ns, return_counts=True)
    alone = counts[np.searchsorted(times, recording.times_ns[adds])] == 1
    return [add for add in adds[alone].tolist() if add]


@settings(max_examples=15)
@given(SEEDS)
def test_a_shadow_instead_of_a_recorded_order_gets_its_fills(seed: int) -> None:
    """ "a shadow placed instead of a recorded order demands its recorded fills": all of them, at once."""
    recording = recorded_flow(seed, 600)
    chosen = passive_orders(recording)
    mirror = MirroredOrders(recording, chosen)
    got = fills_by_order(Simulation(recording, mirror).run().fills)
    wanted = {mirror.placed[add]: fills for add in chosen if (fills := recorded_fills(recording, add))}
    assert got == wanted
    assert wanted


@settings(max_examples=15)
@given(SEEDS, st.integers(0, 10**6))
def test_one_shadow_gets_what_it_gets_among_all(seed: int, pick: int) -> None:
    """A shadow alone in the book gets the same fills as among the shadows of all other orders."""
    recording = recorded_flow(seed, 600)
    chosen = passive_orders(recording)
    executed = [add for add in chosen if recorded_fills(recording, add)]
    one = executed[pick % len(executed)]
    mirror = MirroredOrders(recording, [one])
    result = Simulation(recording, mirror).run()
    assert fills_by_order(result.fills) == {1: recorded_fills(recording, one)}
    first_fill = result.fills["time_ns"][0]
    at = np.searchsorted(result.queue_positions["time_ns"], first_fill, side="right") - 1
    assert result.queue_positions["ahead_lots"][at] == 0


class OneOrder(Strategy):
    """Sends one order at a time."""

    def __init__(self, time_ns: int, side: int, lots: int, price: int) -> None:
        self.time_ns, self.order = time_ns, (side, lots, price)

    def on_start(self, market: Market) -> None:
        """Wait for the time."""
        market.set_timer(self.time_ns)

    def on_timer(self, market: Market, tag: str) -> None:
        """Send it."""
        side, lots, price = self.order
        market.submit(Side(side), lots, price)


def first_fill(fills: Fills) -> tuple[int, int]:
    """The time of the first fill, and all lots of that time."""
    return fills[0][0], sum(lots for time, _, lots in fills if time == fills[0][0])


@settings(max_examples=12)
@given(SEEDS, st.integers(0, 10**6))
def test_in_a_market_without_the_order_the_shadow_meets_the_same_taker(seed: int, pick: int) -> None:
    """The flow is matched again without the order: whoever took from it first now takes from others.

    Of a market order that finds all its lots, the shadow gets what the order got.
    """
    commands = generate(STEADY, seed, 500).commands
    times = np.arange(commands.size) * 10 + 10
    recording = record_commands(commands, times)
    market_order = commands["kind"] == OrderKind.MARKET
    reached = [
        (add, fills)
        for add in passive_orders(recording)
        if (fills := recorded_fills(recording, add)) and market_order[fills[0][0] // 10 - 1]
    ]
    assume(reached)
    add, fills = reached[pick % len(reached)]
    change = recording.changes[add]
    kept = commands["order_id"] != change["order_id"]
    without = record_commands(commands[kept], times[kept])
    taken = without.changes["kind"] == ChangeKind.TRADE
    taken &= without.times_ns == fills[0][0]
    # Where the book is too thin, the rest of a market order trades with nobody, and is not in a recording.
    assume(int(without.changes["lots"][taken].sum()) == commands["qty_lots"][fills[0][0] // 10 - 1])
    strategy = OneOrder(
        int(change["time_ns"]), int(change["side"]), int(change["lots"]), int(change["price_ticks"])
    )
    got = fills_by_order(Simulation(without, strategy).run().fills)
    assert first_fill(got[1]) == first_fill(fills)


@settings(max_examples=10)
@given(SEEDS, st.integers(0, 50), st.integers(0, 30))
def test_the_recording_is_never_changed_and_runs_repeat(seed: int, delay: int, jitter: int) -> None:
    """ "the tape is never consumed": the same bytes after a run; and a second run gives the same digest."""
    recording = recorded_flow(seed, 300)
    before = [part.tobytes() for part in (recording.changes, recording.before, recording.touches)]
    latency = Latency(delay, delay, delay, jitter)
    first, second = (
        Simulation(recording, MirroredOrders(recording), latency=latency, seed=seed).run() for _ in range(2)
    )
    assert first.digest == second.digest
    assert before == [part.tobytes() for part in (recording.changes, recording.before, recording.touches)]
    recorded = int(recording.changes["lots"][recording.changes["kind"] != ChangeKind.CANCEL].sum())
    assert int(first.fills["lots"].sum()) <= 2 * recorded
