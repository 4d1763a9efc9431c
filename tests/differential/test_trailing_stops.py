"""Many waiting trailing stops: the native core's index of their triggers against the reference's scan."""

from __future__ import annotations

import numpy as np
import pytest

from obengine.api.messages import COMMAND, NO_PRICE, Commands, EventKind, Op, OrderKind, Side
from obengine.native.book import NativeBook
from obengine.reference.book import ReferenceBook

Row = tuple[int, ...]
MAX_PRICE = 2**63 - 1
MIN_PRICE = NO_PRICE + 1


def trade_at(price: int) -> list[Row]:
    """Two orders that meet at a price, whatever else the book holds there."""
    sell = (Op.NEW, Side.SELL, 0, 0, 0, 0, 1, 0, 1, price)
    return [sell, (Op.EXECUTE, 0, 0, 0, 0, 0, 1, 0, 1, 0)]


def trailing_stream(seed: int, steps: int, extreme: bool) -> Commands:
    """Stops that come, go and are elected while the price walks, with `extreme` to both ends of its range."""
    rng = np.random.default_rng(seed)
    rows: list[Row] = []
    price = 0
    for _ in range(steps):
        what = rng.random()
        if what < 0.5:
            order_id = 10 + int(rng.integers(0, 400))
            trail = int(rng.integers(1, 300))
            if extreme and rng.random() < 0.2:
                trail = int(rng.choice([1, 2**62, MAX_PRICE - 1, MAX_PRICE]))
            kind = OrderKind.TRAILING_STOP if rng.random() < 0.7 else OrderKind.TRAILING_STOP_LIMIT
            side, offset = int(rng.integers(0, 2)), int(rng.integers(-3, 4))
            rows.append((Op.EXTEND, 0, 0, 0, 0, 0, 0, 0, 0, trail))
            rows.append((Op.NEW, side, kind, 1, 0, 1, 1, 0, order_id, offset))
        elif what < 0.6:
            rows.append((Op.CANCEL, 0, 0, 0, 0, 0, 0, 0, 10 + int(rng.integers(0, 400)), 0))
        else:
            price += int(rng.integers(-40, 41))
            if extreme and rng.random() < 0.01:
                price = int(rng.choice([MIN_PRICE, MIN_PRICE + 5, 0, MAX_PRICE - 5, MAX_PRICE]))
            price = min(max(price, MIN_PRICE), MAX_PRICE)
            rows += trade_at(price)
    return np.array(rows, COMMAND)


@pytest.mark.parametrize("extreme", [False, True])
def test_the_triggers_of_many_trailing_stops_follow_as_those_of_a_scan(extreme: bool) -> None:
    elected = most = 0
    for seed in range(3):
        commands = trailing_stream(seed, 3_000, extreme)
        native, reference = NativeBook(), ReferenceBook()
        for at, batch in enumerate(np.array_split(commands, 40)):
            events = reference.apply(batch)
            assert native.apply(batch).tobytes() == events.tobytes(), (seed, at)
            snapshot = reference.snapshot()
            assert native.snapshot().orders.tobytes() == snapshot.orders.tobytes(), (seed, at)
            assert native.audit() is None
            elected += int((events["kind"] == EventKind.TRIGGERED).sum())
            most = max(most, len(snapshot.orders))
            if at % 13 == 12:
                native = NativeBook()
                native.restore(snapshot)
    assert elected > 500
    assert most > 100
