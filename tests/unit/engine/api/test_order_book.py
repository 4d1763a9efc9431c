"""The book as a Python object: levels to walk, changes, events with their numbers, on every core."""

from __future__ import annotations

import pytest

from obengine import cores
from obengine.api.errors import BatchError
from obengine.api.messages import EventKind, Queue, Side
from obengine.api.order_book import Event, LevelChange, OpenOrder, OrderBook
from obengine.api.protocol import Level


@pytest.fixture(params=cores.core_names())
def book(request: pytest.FixtureRequest) -> OrderBook:
    return OrderBook(cores.make_book(request.param, symbols=2))


def test_events_carry_their_sequence_numbers(book: OrderBook) -> None:
    book.submit(1, Side.SELL, 10, 101)
    assert book.submit(2, Side.BUY, 4, 101, participant=7) == [
        Event(1, EventKind.ACCEPTED, 0, 0, 4, 2, 0, 101),
        Event(2, EventKind.TRADED, 0, 0, 4, 2, 1, 101),
    ]


def test_levels_are_iterated_best_first(book: OrderBook) -> None:
    for order_id, (side, price) in enumerate(
        [(Side.BUY, 99), (Side.SELL, 103), (Side.BUY, 100), (Side.SELL, 102)]
    ):
        book.submit(order_id, side, 5, price)
    assert [(side, level.price_ticks) for side, level in book] == [
        (Side.BUY, 100),
        (Side.BUY, 99),
        (Side.SELL, 102),
        (Side.SELL, 103),
    ]
    assert book.touch() == (Level(100, 5, 1), Level(102, 5, 1))
    assert book.bids(symbol=1) == ()
    assert [level.price_ticks for level in book.asks()] == [102, 103]


def test_level_changes_lists_each_changed_level(book: OrderBook) -> None:
    book.submit(1, Side.BUY, 5, 100)
    book.submit(2, Side.SELL, 5, 101)
    assert book.level_changes() == [LevelChange(Side.BUY, 100, 5, 1), LevelChange(Side.SELL, 101, 5, 1)]
    book.modify(1, 3, 100)
    book.cancel(2)
    book.submit(3, Side.SELL, 2, 102)
    assert book.level_changes() == [
        LevelChange(Side.BUY, 100, 3, 1),
        LevelChange(Side.SELL, 101, 0, 0),
        LevelChange(Side.SELL, 102, 2, 1),
    ]
    assert book.level_changes() == []


def test_orders_show_what_is_hidden_and_what_waits(book: OrderBook) -> None:
    book.submit(1, Side.BUY, 9, 100, hidden=True, participant=3)
    book.submit(2, Side.BUY, 9, 110, trigger_ticks=120)
    assert book.orders() == [
        OpenOrder(1, Side.BUY, 100, 9, 0, Queue.HIDDEN, 3),
        OpenOrder(2, Side.BUY, 110, 9, 0, Queue.WAITING, 0),
    ]


def test_a_snapshot_taken_back_undoes_what_came_after(book: OrderBook) -> None:
    book.submit(1, Side.BUY, 9, 100, display_lots=2)
    before = book.snapshot()
    book.execute(1, 5)
    book.restore(before)
    assert book.snapshot().digest() == before.digest()
    assert book.execute(1, 1)[0].sequence == 1


@pytest.mark.parametrize("order_id", [-1, 2**64])
def test_a_value_that_does_not_fit_is_refused_by_name(book: OrderBook, order_id: int) -> None:
    with pytest.raises(BatchError, match=str(order_id)):
        book.submit(order_id, Side.BUY, 1, 100)
    assert book.book.next_sequence == 0
