"""Shadows instead of recorded orders get their fills; a run is a function of its inputs."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from obengine.feeds.order_flow import ChangeKind
from obengine.flow.baseline import STEADY, generate
from obengine.simulation.latency import Latency
from obengine.simulation.recording import Recording, record_commands
from obengine.simulation.simulation import Simulation
from tests.property.mirrored_orders import MirroredOrders, fills_by_order, recorded_fills

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
