"""Stops: when they are triggered, in which order, and what they become."""

from __future__ import annotations

import pytest

from obengine.api.messages import NO_PRICE, Side
from tests.unit.engine.scenes import (
    AUCTION,
    BUY,
    FOK,
    HALT,
    IOC,
    OPEN,
    SELL,
    CancelReason,
    Priority,
    RejectCode,
    Scene,
)


def traded_at(price: int, symbols: int = 1) -> Scene:
    """A book whose last price is known, and empty."""
    scene = Scene(symbols)
    scene.new(900, SELL, 1, price)
    scene.new(901, BUY, 1, price)
    return scene


def trade(scene: Scene, price: int) -> list[tuple[object, ...]]:
    """One trade at a price; what follows it."""
    scene.new(902, SELL, 1, price)
    return scene.new(903, BUY, 1, price)[2:]


@pytest.mark.parametrize(("side", "short_of_it", "reaching"), [(BUY, 104, 105), (SELL, 96, 95)])
def test_a_stop_waits_for_a_trade_that_reaches_its_trigger(
    side: Side, short_of_it: int, reaching: int
) -> None:
    scene = traded_at(100)
    assert scene.new(1, side, 5, trigger_ticks=reaching) == [("accepted", 1, 5, NO_PRICE)]
    assert trade(scene, short_of_it) == []
    assert trade(scene, reaching) == [
        ("triggered", 1, 5, NO_PRICE),
        ("cancelled", 1, 5, CancelReason.IMMEDIATE),
    ]


def test_a_stop_that_is_reached_on_arrival_is_triggered_at_once() -> None:
    scene = traded_at(100)
    scene.new(2, SELL, 3, 101)
    assert scene.new(1, BUY, 5, 101, trigger_ticks=100) == [
        ("accepted", 1, 5, 101),
        ("triggered", 1, 5, 101),
        ("traded", 1, 2, 3, 101),
    ]
    assert scene.rows() == [(1, 2, 2, 101)]


def test_without_a_last_price_a_stop_waits() -> None:
    scene = Scene()
    assert scene.new(1, BUY, 5, trigger_ticks=-(2**60)) == [("accepted", 1, 5, NO_PRICE)]


@pytest.mark.parametrize(("tif", "reason"), [(IOC, CancelReason.IMMEDIATE), (FOK, CancelReason.FILL_OR_KILL)])
def test_the_time_in_force_of_a_stop_applies_when_it_is_triggered(tif: int, reason: CancelReason) -> None:
    scene = traded_at(100)
    scene.new(1, BUY, 5, 110, trigger_ticks=105, tif=tif)
    assert trade(scene, 105)[-1] == ("cancelled", 1, 5, reason)


def test_elected_stops_go_buys_first_then_by_trigger_then_by_arrival() -> None:
    scene = traded_at(100)
    scene.state(HALT)
    scene.state(AUCTION)
    for order_id, side, trigger in (
        (1, SELL, 120),
        (2, BUY, 103),
        (3, SELL, 130),
        (4, BUY, 101),
        (5, BUY, 103),
    ):
        scene.new(order_id, side, 1, trigger_ticks=trigger)
    scene.new(8, SELL, 1, 110)
    scene.execute(8, 1)
    told = scene.state(OPEN)
    assert [t[1] for t in told if t[0] == "triggered"] == [4, 2, 5, 3, 1]


def test_a_cascade_goes_on_until_nothing_is_elected() -> None:
    scene = traded_at(100)
    for step in range(1, 200):
        scene.new(step, BUY, 1, trigger_ticks=100 + step)
        scene.new(1000 + step, SELL, 1, 101 + step)
    told = trade(scene, 101)
    assert [t[1] for t in told if t[0] == "triggered"] == list(range(1, 200))
    assert scene.rows() == []


def test_every_price_of_a_sweep_is_seen_from_its_first_to_its_last() -> None:
    scene = traded_at(100)
    scene.new(1, SELL, 1, 50, trail_ticks=5)
    scene.new(2, SELL, 1, 101)
    scene.new(3, SELL, 1, 120)
    told = scene.new(4, BUY, 2, 120)
    assert [t[0] for t in told] == ["accepted", "traded", "traded"]
    (waiting,) = scene.book.snapshot().orders
    assert waiting["trigger_ticks"] == 115


@pytest.mark.parametrize(("side", "away", "back"), [(BUY, 90, 95), (SELL, 110, 105)])
def test_a_trailing_stop_follows_the_market_one_way(side: Side, away: int, back: int) -> None:
    scene = traded_at(100)
    scene.new(1, side, 1, trail_ticks=5)
    assert trade(scene, away) == []
    assert trade(scene, (away + back) // 2) == []
    assert trade(scene, back)[0] == ("triggered", 1, 1, NO_PRICE)


def test_a_trailing_stop_limit_has_its_limit_at_an_offset_from_the_trigger() -> None:
    scene = traded_at(100)
    assert scene.new(1, SELL, 1, -2, trail_ticks=5) == [("accepted", 1, 1, -2)]
    assert trade(scene, 95) == [("triggered", 1, 1, 93)]
    assert scene.rows() == [(1, 1, 1, 93)]


def test_a_trailing_stop_without_a_reference_takes_the_first_trade() -> None:
    scene = Scene()
    scene.new(1, SELL, 1, trail_ticks=5)
    assert scene.book.snapshot().orders["trigger_ticks"].tolist() == [NO_PRICE]
    assert trade(scene, 100) == []
    assert scene.book.snapshot().orders["trigger_ticks"].tolist() == [95]


@pytest.mark.parametrize(
    ("side", "last", "trigger"), [(BUY, 2**63 - 3, 2**63 - 1), (SELL, 3 - 2**63, 1 - 2**63)]
)
def test_a_trigger_is_saturated_at_the_ends_of_the_prices(side: Side, last: int, trigger: int) -> None:
    scene = traded_at(last)
    scene.new(1, side, 1, trail_ticks=2**62)
    assert scene.book.snapshot().orders["trigger_ticks"].tolist() == [trigger]


def test_a_waiting_stop_is_modified_in_place_and_cancelled_like_any_order() -> None:
    scene = traded_at(100)
    scene.new(1, BUY, 5, trigger_ticks=105)
    scene.new(2, BUY, 5, 106, trigger_ticks=105)
    scene.new(3, SELL, 5, -1, trail_ticks=50)
    assert scene.modify(1, 9, 77) == [("modified", 1, 9, NO_PRICE, Priority.KEPT)]
    assert scene.modify(2, 9, 77) == [("modified", 2, 9, 77, Priority.KEPT)]
    assert scene.modify(3, 9, -7) == [("modified", 3, 9, -7, Priority.KEPT)]
    assert scene.new(1, BUY, 1, 1) == [("rejected", RejectCode.DUPLICATE_ID)]
    assert scene.execute(1, 1) == [("rejected", RejectCode.UNKNOWN_ORDER)]
    assert scene.cancel(1, 4) == [("cancelled", 1, 4, CancelReason.REQUESTED)]
    assert scene.cancel(1) == [("cancelled", 1, 5, CancelReason.REQUESTED)]
    assert [row[0] for row in scene.rows()] == [2, 3]


def test_an_execution_triggers_stops() -> None:
    scene = traded_at(100)
    scene.new(1, BUY, 1, trigger_ticks=105)
    scene.new(2, SELL, 5, 105)
    assert scene.execute(2, 1)[1:] == [("triggered", 1, 1, NO_PRICE), ("traded", 1, 2, 1, 105)]


def test_nothing_is_triggered_in_a_halt_and_the_last_price_counts_on_opening() -> None:
    scene = traded_at(100)
    scene.new(1, BUY, 1, trigger_ticks=105)
    scene.new(4, BUY, 1, trigger_ticks=104)
    scene.new(2, SELL, 5, 105)
    scene.new(3, SELL, 5, 104)
    scene.state(HALT)
    assert scene.execute(2, 1) == [("traded", 0, 2, 1, 105)]
    assert scene.execute(3, 1) == [("traded", 0, 3, 1, 104)]
    assert [t[1] for t in scene.state(OPEN) if t[0] == "triggered"] == [4]


def test_a_triggered_stop_limit_is_an_order_like_any_other() -> None:
    scene = traded_at(100)
    scene.new(1, BUY, 9, 90, trigger_ticks=105, display_lots=2)
    trade(scene, 105)
    assert scene.rows() == [(1, 9, 2, 90)]
    assert scene.modify(1, 3, 90) == [("modified", 1, 3, 90, Priority.KEPT)]
    assert scene.book.snapshot().orders["kind"].tolist() == [0]
