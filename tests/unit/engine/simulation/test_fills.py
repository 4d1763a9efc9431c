"""When a recording fills an order of a strategy, and when not."""

from __future__ import annotations

import numpy as np
import pytest

from obengine.api.errors import WorkloadError
from obengine.api.messages import SelfTrade, Side
from obengine.feeds.trades import TRADE, TradeKind
from obengine.simulation.orders import OrderEventKind, Reason
from obengine.simulation.recording import Recording, record_commands
from obengine.simulation.result import SimulationResult
from obengine.simulation.simulation import Simulation
from tests.unit.engine.simulation.made_recordings import BUY, SELL, Planned, add, gone, recorded, traded

BOOK = ((10, add(1, BUY, 10, 100)), (20, add(2, SELL, 10, 105)), (30, add(3, SELL, 7, 106)))


def run(recording: Recording, strategy: Planned, **settings: object) -> SimulationResult:
    """A simulation without latency."""
    return Simulation(recording, strategy, **settings).run()  # type: ignore[arg-type]


def fills(result: SimulationResult) -> list[tuple[int, ...]]:
    """Time, price, lots, and whether it took, of each fill."""
    names = ("time_ns", "price_ticks", "lots", "taker")
    return list(zip(*(result.fills[name].tolist() for name in names), strict=True))


def reasons(result: SimulationResult) -> list[tuple[OrderEventKind, Reason]]:
    """Kind and reason of each order event."""
    return [
        (OrderEventKind(kind), Reason(reason))
        for kind, reason in zip(result.events["kind"], result.events["reason"], strict=True)
    ]


def test_a_cancel_ahead_moves_an_order_forward_and_one_behind_does_not() -> None:
    recording = recorded(
        *BOOK,
        (40, add(4, BUY, 5, 100)),
        (60, add(5, BUY, 20, 100)),
        (70, gone(5, 8)),
        (80, gone(4)),
        (90, traded(1, 10)),
        (100, traded(5, 3)),
        (110, traded(5, 9)),
    )
    result = run(recording, Planned([(50, lambda market: market.submit(BUY, 6, 100))]))
    positions = result.queue_positions
    assert list(zip(positions["time_ns"], positions["ahead_lots"], strict=True)) == [
        (50, 15),
        (80, 10),
        (90, 0),
    ]
    assert fills(result) == [(100, 100, 3, 0), (110, 100, 3, 0)]


def test_a_trade_at_a_worse_price_fills_at_the_own_limit_and_at_most_its_lots() -> None:
    recording = recorded(*BOOK, (40, add(4, BUY, 9, 99)), (60, traded(4, 4)), (70, traded(4, 2)))
    result = run(recording, Planned([(50, lambda market: market.submit(BUY, 5, 100))]))
    assert fills(result) == [(60, 100, 4, 0), (70, 100, 1, 0)]


@pytest.mark.parametrize(
    ("price", "kind", "filled"),
    [
        (99, TradeKind.HIDDEN, [(60, 100, 4, 0)]),
        (100, TradeKind.HIDDEN, []),
        (101, TradeKind.HIDDEN, []),
        (104, TradeKind.HIDDEN, []),
        (105, TradeKind.HIDDEN, [(60, 104, 3, 0)]),
        (99, TradeKind.CROSS, []),
        (100, TradeKind.VISIBLE, []),
    ],
)
def test_hidden_trades_fill_what_they_went_past(
    price: int, kind: TradeKind, filled: list[tuple[int, ...]]
) -> None:
    """A buy of 5 at 100 behind ten lots, and a sell of 3 at 104, and one trade of four lots."""
    rows = (*BOOK, (90, add(9, BUY, 1, 1)))
    trade = np.zeros(1, dtype=TRADE)
    trade["time_ns"], trade["price_ticks"], trade["qty_lots"], trade["kind"] = 60, price, 4, kind
    commands = np.concatenate([command for _, command in rows])
    times = np.array([time for time, _ in rows])
    recording = record_commands(commands, times, trades=trade, core="reference")
    plan = [(50, lambda market: market.submit(BUY, 5, 100)), (51, lambda market: market.submit(SELL, 3, 104))]
    assert fills(run(recording, Planned(plan))) == filled


def test_a_trade_whose_order_is_cancelled_after_it_moves_the_queue_once() -> None:
    """Databento: a trade without order, then the cancel of what it filled."""
    rows = (*BOOK, (60, gone(1, 4)), (70, gone(1, 1)), (90, add(9, BUY, 1, 1)))
    trade = np.zeros(1, dtype=TRADE)
    trade["time_ns"], trade["price_ticks"], trade["qty_lots"] = 60, 100, 4
    commands = np.concatenate([command for _, command in rows])
    recording = record_commands(
        commands, np.array([time for time, _ in rows]), trades=trade, core="reference"
    )
    result = run(recording, Planned([(50, lambda market: market.submit(BUY, 5, 100))]))
    assert result.queue_positions["ahead_lots"].tolist() == [10, 6, 5]


def test_a_recorded_order_that_crosses_fills_and_stays_in_the_recording() -> None:
    recording = recorded(*BOOK, (60, add(4, SELL, 3, 102)), (70, traded(4, 3)))
    plan = [(50, lambda market: market.submit(BUY, 5, 103))]
    seen: list[tuple[int, ...]] = []
    plan.append((65, lambda market: seen.append(market.touch())))
    result = run(recording, Planned(plan))
    assert fills(result) == [(60, 103, 3, 0)]
    assert seen == [(100, 10, 102, 3)]


def test_better_orders_of_the_strategy_are_filled_first() -> None:
    recording = recorded(*BOOK, (40, add(4, BUY, 9, 98)), (60, traded(4, 4)))
    plan = [(50, lambda market: market.submit(BUY, 3, 99)), (51, lambda market: market.submit(BUY, 3, 101))]
    result = run(recording, Planned(plan))
    assert result.fills["order_id"].tolist() == [2, 1]
    assert fills(result) == [(60, 101, 3, 0), (60, 99, 1, 0)]


def test_a_taker_walks_the_levels_and_taken_lots_stay_taken() -> None:
    recording = recorded(*BOOK, (60, add(4, SELL, 2, 105)), (80, gone(2)), (95, add(5, BUY, 1, 1)))
    plan = [
        (40, lambda market: market.submit(BUY, 12, 106)),
        (50, lambda market: market.submit(BUY, 12, 106)),
        (70, lambda market: market.submit(BUY, 9, 105, ioc=True)),
        (90, lambda market: market.submit(BUY, 9, 105, ioc=True)),
    ]
    result = run(recording, Planned(plan))
    assert fills(result) == [
        (40, 105, 10, 1),
        (40, 106, 2, 1),
        (50, 106, 5, 1),
        (60, 106, 2, 0),
        (70, 105, 2, 1),
    ]
    assert (result.counts["fills"], result.counts["taker-fills"]) == (5, 4)


def test_a_market_order_takes_what_there_is_and_rests_nowhere() -> None:
    result = run(
        recorded(*BOOK, (50, add(9, BUY, 1, 1))),
        Planned([(40, lambda market: market.submit(SELL, 25, None))]),
    )
    assert fills(result) == [(40, 100, 10, 1)]
    assert reasons(result)[-1] == (OrderEventKind.CANCELLED, Reason.IMMEDIATE)


def test_a_post_only_order_that_would_take_is_rejected() -> None:
    plan = [(40, lambda market: market.submit(BUY, 1, 105, post_only=True))]
    result = run(recorded(*BOOK, (50, add(9, BUY, 1, 1))), Planned(plan))
    assert reasons(result) == [(OrderEventKind.REJECTED, Reason.WOULD_TAKE)]


def test_fewer_lots_keep_the_place_and_a_new_price_loses_it() -> None:
    recording = recorded(
        *BOOK, (40, gone(1, 4)), (60, add(4, BUY, 5, 100)), (90, traded(1, 6)), (100, traded(4, 2))
    )
    kept = Planned(
        [(50, lambda market: market.submit(BUY, 5, 100)), (70, lambda market: market.replace(1, 1, 100))]
    )
    assert fills(run(recording, kept)) == [(100, 100, 1, 0)]
    lost = Planned([*kept.plan[:1], (70, lambda market: market.replace(1, 6, 100))])
    result = run(recording, lost)
    assert fills(result) == []
    assert result.queue_positions["ahead_lots"].tolist() == [6, 11, 5, 3]


def test_a_cancel_that_comes_too_late_is_refused() -> None:
    recording = recorded(*BOOK, (60, traded(2, 10)), (70, traded(3, 1)), (90, add(9, BUY, 1, 1)))
    strategy = Planned(
        [(50, lambda market: market.submit(SELL, 1, 105)), (80, lambda market: market.cancel(1))]
    )
    result = run(recording, strategy)
    assert fills(result) == [(70, 105, 1, 0)]
    assert strategy.events[-1][7:] == (OrderEventKind.REFUSED_CHANGE, Reason.UNKNOWN_ORDER)


@pytest.mark.parametrize(
    ("mode", "done"),
    [
        (SelfTrade.NONE, {"fills": 2, "open": [(1, 2)]}),
        (SelfTrade.NEWEST, {"fills": 0, "open": [(1, 5)]}),
        (SelfTrade.OLDEST, {"fills": 0, "open": [(2, 3)]}),
        (SelfTrade.BOTH, {"fills": 0, "open": []}),
        (SelfTrade.DECREMENT, {"fills": 0, "open": [(1, 2)]}),
    ],
)
def test_self_trade_rules(mode: SelfTrade, done: dict[str, object]) -> None:
    """A buy of 5 rests at 102; a sell of 3 at 102 arrives."""
    left: list[tuple[int, int]] = []
    plan = [
        (40, lambda market: market.submit(BUY, 5, 102)),
        (50, lambda market: market.submit(SELL, 3, 102)),
        (60, lambda market: left.extend((one.order_id, one.open_lots) for one in market.orders())),
    ]
    result = run(recorded(*BOOK, (70, add(9, BUY, 1, 1))), Planned(plan), self_trade=mode)
    assert {"fills": result.fills["lots"].size, "open": left} == done


def test_open_orders_are_cancelled_at_the_end() -> None:
    result = run(
        recorded(*BOOK, (50, add(9, BUY, 1, 1))), Planned([(40, lambda market: market.submit(BUY, 1, 99))])
    )
    assert reasons(result)[-1] == (OrderEventKind.CANCELLED, Reason.END)


@pytest.mark.parametrize(
    ("send", "reason"),
    [
        (lambda market: market.submit(BUY, 0, 100), "the lots of an order are 1 to"),
        (lambda market: market.submit(BUY, 1, 2**62), "the limit price of an order is below"),
        (lambda market: market.submit(BUY, 1, 100, symbol=3), "no symbol 3"),
        (lambda market: market.submit(BUY, 1, None, post_only=True), "a post-only order rests"),
        (lambda market: market.replace(1, -1, 100), "the lots of an order are 1 to"),
        (lambda market: market.random(0), "a bound is 1 to"),
    ],
)
def test_senseless_orders_are_refused_at_once(send: object, reason: str) -> None:
    with pytest.raises(WorkloadError, match=reason):
        run(recorded(*BOOK), Planned([(15, send)]))  # type: ignore[list-item]


def test_levels_are_those_that_were_seen() -> None:
    seen: list[object] = []
    plan = [
        (25, lambda market: seen.append(market.levels(Side.SELL, 5))),
        (35, lambda market: seen.append(market.levels(Side.SELL, 5))),
        (36, lambda market: seen.append(market.levels(Side.BUY, 5))),
    ]
    run(recorded(*BOOK, (50, add(9, BUY, 1, 1))), Planned(plan))
    assert seen == [[(105, 10)], [(105, 10), (106, 7)], [(100, 10)]]
