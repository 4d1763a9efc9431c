"""Trade busts: a past trade is declared void (section 9.1)."""

from __future__ import annotations

import numpy as np
import pytest

from obengine.api.messages import CROSS, EventKind, RejectCode, Side
from obengine.api.order_book import Event, OrderBook
from obengine.api.orders import bust_trade, keep_trades, new_order
from obengine.api.trades import standing_trades
from obengine.cores import core_names, make_book
from obengine.harness.replay_risk import apply_risk_limits
from obengine.risk.limits import RiskRule
from obengine.risk.limits_file import RiskLimits
from tests.unit.engine.book_driver import AUCTION, BUY, OPEN, SELL


@pytest.fixture(params=core_names())
def book(request: pytest.FixtureRequest) -> OrderBook:
    return OrderBook(make_book(request.param, 2))


def trades(events: list[Event]) -> list[Event]:
    return [event for event in events if event.kind is EventKind.TRADED]


def test_a_busted_trade_is_named_by_its_id_and_the_book_is_not_put_back(book: OrderBook) -> None:
    assert [event.kind for event in book.keep_trades(10)] == [EventKind.TRADE_WINDOW_SET]
    book.submit(1, SELL, 3, 100, symbol=1)
    book.submit(2, SELL, 3, 101, symbol=1)
    first, second = trades(book.submit(3, BUY, 5, 101, symbol=1))
    before = book.snapshot()
    (busted,) = book.bust_trade(second.sequence)
    assert busted[1:] == (EventKind.TRADE_BUSTED, Side.BUY, 1, 2, second.sequence, 0, 101)
    after = book.snapshot()
    assert after.orders.tobytes() == before.orders.tobytes()
    assert after.symbols.tobytes() == before.symbols.tobytes()
    assert after.trades["is_busted"].tolist() == [0, 1]
    assert book.bust_trade(first.sequence)[0].kind is EventKind.TRADE_BUSTED


@pytest.mark.parametrize("restored", [False, True])
def test_a_second_bust_and_an_unknown_trade_are_refused(book: OrderBook, restored: bool) -> None:
    book.keep_trades(2)
    book.submit(1, SELL, 9, 100)
    ids = [trades(book.submit(2 + n, BUY, 1, 100))[0].sequence for n in range(3)]
    assert book.bust_trade(ids[1])[0].kind is EventKind.TRADE_BUSTED
    if restored:
        book.restore(book.snapshot())
    for trade_id, code in (
        (ids[1], RejectCode.ALREADY_BUSTED),
        (ids[0], RejectCode.UNKNOWN_TRADE),
        (ids[1] + 1, RejectCode.UNKNOWN_TRADE),
        (2**64 - 1, RejectCode.UNKNOWN_TRADE),
    ):
        (refused,) = book.bust_trade(trade_id)
        assert (refused.kind, refused.detail, refused.order_id) == (EventKind.REJECTED, code, trade_id)


def test_no_trade_is_kept_unasked_and_a_smaller_window_forgets_the_oldest(book: OrderBook) -> None:
    book.submit(1, SELL, 9, 100)
    (unasked,) = trades(book.submit(2, BUY, 1, 100))
    book.keep_trades(3)
    assert book.bust_trade(unasked.sequence)[0].detail == RejectCode.UNKNOWN_TRADE
    kept = [trades(book.execute(1, 1))[0].sequence for _ in range(3)]
    book.keep_trades(1)
    assert book.snapshot().trades["sequence"].tolist() == kept[-1:]
    book.keep_trades(0)
    assert len(book.snapshot().trades) == 0


def test_trades_of_an_auction_can_be_busted(book: OrderBook) -> None:
    book.keep_trades(5)
    book.set_state(AUCTION)
    book.submit(1, SELL, 3, 100)
    book.submit(2, BUY, 3, 100)
    (crossed,) = trades(book.set_state(OPEN))
    assert book.bust_trade(crossed.sequence)[0].detail == CROSS


def test_a_busted_trade_leaves_statistics_and_positions(book: OrderBook) -> None:
    commands = np.concatenate(
        [
            keep_trades(10),
            new_order(1, SELL, 9, 100, participant=7),
            new_order(2, BUY, 4, 100, participant=8),
            new_order(3, BUY, 2, 100, participant=8),
            bust_trade(3),
            new_order(4, BUY, 3, 90, participant=8),
        ]
    )
    events = book.book.apply(commands)
    assert np.flatnonzero(events["kind"] == EventKind.TRADED).tolist() == [3, 5]
    assert np.flatnonzero(standing_trades(events)).tolist() == [5]
    assert np.flatnonzero(standing_trades(events[4:], 4)).tolist() == [1]
    limits = RiskLimits((RiskRule(participant=8, inventory_lots=4),), None, None, b"", "limits.toml")
    times_ns = np.arange(len(commands))
    found = apply_risk_limits(commands, times_ns, lambda: make_book("reference"), limits).breaches
    assert [(breach.order_id, breach.value) for breach in found] == [(3, 6), (4, 5)]
