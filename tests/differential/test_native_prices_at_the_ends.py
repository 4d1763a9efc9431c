"""Tables of steps and bands at both ends of the range of prices: both cores, and what the rules say."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from obengine.api.messages import MAX_PRICE, MIN_PRICE, BandMode, EventKind, Side
from obengine.api.orders import new_order, set_band, set_steps, set_steps_from
from obengine.native.book import NativeBook
from obengine.reference.book import ReferenceBook

NEAR = range(6)
Steps = tuple[int, int]


@pytest.mark.parametrize("steps", [(1, 2), (1, 7), (1, 65_535), (7, 1), (65_535, 1), (7, 65_535)])
@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("end", [MIN_PRICE, MAX_PRICE])
def test_a_limit_behind_a_band_becomes_the_last_valid_price_inside(
    steps: Steps, side: Side, end: int
) -> None:
    """The price steps are those below a row and from it on; the limit is the most aggressive valid price."""
    inwards = 1 if end == MIN_PRICE else -1
    for row, band in product(NEAR, NEAR):
        row_at, band_at = end + inwards * row, end + inwards * band
        limit = first_valid(MAX_PRICE if side == Side.BUY else MIN_PRICE, steps, row_at, side)
        if limit is None or (limit > band_at) != (side == Side.BUY):
            continue
        commands = np.concatenate(
            [
                set_steps(price_step_ticks=steps[0]),
                set_steps_from(row_at, price_step_ticks=steps[1]),
                set_band(BandMode.PAUSE, band_at, 0),
                new_order(1, side, 1, limit),
            ]
        )
        slow, fast = ReferenceBook(), NativeBook()
        events = slow.apply(commands)
        assert fast.apply(commands).tobytes() == events.tobytes()
        assert fast.state_digest() == slow.state_digest()
        assert events["kind"].tolist()[3:] == [EventKind.ACCEPTED, EventKind.LIMIT_STATE]
        inside = first_valid(band_at, steps, row_at, side)
        assert set(events["price_ticks"][3:].tolist()) == {band_at if inside is None else inside}


def first_valid(price: int, steps: Steps, row_at: int, side: Side) -> int | None:
    """The first valid price from a price on, away from the other side, by looking at each."""
    away = 1 if side == Side.SELL else -1
    for found in range(price, price + away * 2 * max(steps), away):
        if MIN_PRICE <= found <= MAX_PRICE and found % steps[found >= row_at] == 0:
            return found
    return None
