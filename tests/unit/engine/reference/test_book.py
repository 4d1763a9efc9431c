"""Each rule of the book, one small scene a rule."""

from __future__ import annotations

import numpy as np
import pytest

from obengine.api.errors import BatchError, SymbolError
from obengine.api.messages import COMMAND, MAX_ID, MAX_QTY, NO_PRICE, EventKind, Op, Side
from obengine.api.protocol import Level
from obengine.reference.book import ReferenceBook

BUY, SELL = int(Side.BUY), int(Side.SELL)
Row = tuple[int, ...]


def new(
    order_id: int,
    side: int,
    qty: int,
    price: int,
    *,
    kind: int = 0,
    tif: int = 0,
    symbol: int = 0,
    owner: int = 0,
) -> Row:
    return (Op.NEW, side, kind, tif, symbol, 0, qty, owner, order_id, price)


def market(order_id: int, side: int, qty: int) -> Row:
    return new(order_id, side, qty, NO_PRICE, kind=1)


def cancel(order_id: int, qty: int = 0, symbol: int = 0) -> Row:
    return (Op.CANCEL, 0, 0, 0, symbol, 0, qty, 0, order_id, NO_PRICE)


def modify(order_id: int, qty: int, price: int) -> Row:
    return (Op.MODIFY, 0, 0, 0, 0, 0, qty, 0, order_id, price)


def execute(order_id: int, qty: int) -> Row:
    return (Op.EXECUTE, 0, 0, 0, 0, 0, qty, 0, order_id, NO_PRICE)


def accepted(order_id: int, side: int, qty: int, price: int) -> Row:
    return (EventKind.ACCEPTED, side, 0, qty, order_id, 0, price)


def traded(taker: int, side: int, maker: int, qty: int, price: int) -> Row:
    return (EventKind.TRADED, side, 0, qty, taker, maker, price)


def cancelled(order_id: int, qty: int, price: int, *, immediate: bool = False) -> Row:
    return (EventKind.CANCELLED, immediate, 0, qty, order_id, 0, price)


def modified(order_id: int, qty: int, price: int, *, kept: bool) -> Row:
    return (EventKind.MODIFIED, kept, 0, qty, order_id, 0, price)


def play(book: ReferenceBook, *rows: Row) -> list[Row]:
    events: list[Row] = book.apply(np.array(list(rows), COMMAND)).tolist()
    return events


def resting(book: ReferenceBook) -> list[tuple[int, int, int]]:
    """Id, lots and price of every resting order in the canonical order."""
    orders = book.snapshot().orders
    rows: list[tuple[int, int, int]] = orders[["order_id", "open_lots", "price_ticks"]].tolist()
    return rows


def test_a_limit_order_without_a_match_rests() -> None:
    book = ReferenceBook()
    assert play(book, new(1, BUY, 5, 100)) == [accepted(1, BUY, 5, 100)]
    assert resting(book) == [(1, 5, 100)]


@pytest.mark.parametrize(("side", "maker_price", "limit"), [(BUY, 100, 103), (SELL, 100, 97)])
def test_a_trade_is_at_the_makers_price(side: int, maker_price: int, limit: int) -> None:
    book = ReferenceBook()
    events = play(book, new(1, 1 - side, 5, maker_price), new(2, side, 5, limit))
    assert events[2:] == [traded(2, side, 1, 5, maker_price)]
    assert resting(book) == []


def test_the_best_price_trades_first_and_the_oldest_order_first_within_it() -> None:
    book = ReferenceBook()
    play(book, new(1, SELL, 2, 101), new(2, SELL, 2, 100), new(3, SELL, 2, 100))
    assert play(book, new(4, BUY, 5, 101))[1:] == [
        traded(4, BUY, 2, 2, 100),
        traded(4, BUY, 3, 2, 100),
        traded(4, BUY, 1, 1, 101),
    ]
    assert resting(book) == [(1, 1, 101)]


def test_a_marketable_limit_rests_its_residual_at_its_own_limit() -> None:
    book = ReferenceBook()
    play(book, new(1, SELL, 2, 100), new(2, BUY, 5, 102))
    assert resting(book) == [(2, 3, 102)]


def test_what_an_ioc_order_has_left_is_cancelled_at_once() -> None:
    book = ReferenceBook()
    events = play(book, new(1, SELL, 2, 100), new(2, BUY, 5, 100, tif=1))
    assert events[1:] == [
        accepted(2, BUY, 5, 100),
        traded(2, BUY, 1, 2, 100),
        cancelled(2, 3, 100, immediate=True),
    ]
    assert resting(book) == []


def test_a_market_order_without_makers_is_accepted_and_cancelled() -> None:
    assert play(ReferenceBook(), market(1, BUY, 5)) == [
        accepted(1, BUY, 5, NO_PRICE),
        cancelled(1, 5, NO_PRICE, immediate=True),
    ]


def test_a_market_order_takes_every_level_and_never_rests() -> None:
    book = ReferenceBook()
    play(book, new(1, BUY, 1, 2**63 - 1), new(2, BUY, 1, NO_PRICE + 1))
    assert play(book, market(3, SELL, 3))[1:] == [
        traded(3, SELL, 1, 1, 2**63 - 1),
        traded(3, SELL, 2, 1, NO_PRICE + 1),
        cancelled(3, 1, NO_PRICE, immediate=True),
    ]


def test_a_cancel_inside_a_queue_keeps_the_other_orders() -> None:
    book = ReferenceBook()
    play(book, new(1, BUY, 1, 100), new(2, BUY, 2, 100), new(3, BUY, 3, 100))
    assert play(book, cancel(2)) == [cancelled(2, 2, 100)]
    assert resting(book) == [(1, 1, 100), (3, 3, 100)]


@pytest.mark.parametrize(("asked", "removed"), [(2, 2), (5, 5), (9, 5), (0, 5)])
def test_a_cancel_of_n_lots_takes_at_most_what_is_open_and_keeps_the_place(asked: int, removed: int) -> None:
    book = ReferenceBook()
    play(book, new(1, BUY, 5, 100), new(2, BUY, 1, 100))
    assert play(book, cancel(1, asked)) == [cancelled(1, removed, 100)]
    left = [(1, 5 - removed, 100)] if removed < 5 else []
    assert resting(book) == [*left, (2, 1, 100)]


@pytest.mark.parametrize("qty", [1, 4, 5])
def test_a_modify_down_or_level_at_the_same_price_keeps_the_place(qty: int) -> None:
    book = ReferenceBook()
    play(book, new(1, BUY, 5, 100), new(2, BUY, 1, 100))
    assert play(book, modify(1, qty, 100)) == [modified(1, qty, 100, kept=True)]
    assert resting(book) == [(1, qty, 100), (2, 1, 100)]


@pytest.mark.parametrize(
    ("qty", "price", "after"),
    [(6, 100, [(2, 1, 100), (1, 6, 100)]), (2, 101, [(1, 2, 101), (2, 1, 100)])],
    ids=["increase", "reprice"],
)
def test_an_increase_or_a_reprice_loses_the_place(
    qty: int, price: int, after: list[tuple[int, int, int]]
) -> None:
    book = ReferenceBook()
    play(book, new(1, BUY, 5, 100), new(2, BUY, 1, 100))
    assert play(book, modify(1, qty, price)) == [modified(1, qty, price, kept=False)]
    assert resting(book) == after


def test_a_reprice_to_and_fro_rests_once_in_a_level_that_was_emptied() -> None:
    book = ReferenceBook()
    play(book, new(1, BUY, 5, 100), modify(1, 5, 101), modify(1, 5, 100), new(2, BUY, 1, 101))
    assert book.depth(Side.BUY, 5) == (Level(101, 1, 1), Level(100, 5, 1))
    assert play(book, market(3, SELL, 9))[1:3] == [traded(3, SELL, 2, 1, 101), traded(3, SELL, 1, 5, 100)]


def test_a_reprice_through_the_spread_matches_at_the_makers_price() -> None:
    book = ReferenceBook()
    play(book, new(1, SELL, 2, 101), new(2, BUY, 1, 100, owner=7))
    assert play(book, modify(2, 5, 103)) == [modified(2, 5, 103, kept=False), traded(2, BUY, 1, 2, 101)]
    assert resting(book) == [(2, 3, 103)]
    assert book.snapshot().orders["participant"].tolist() == [7]


def test_a_recorded_execution_fills_the_named_order_at_any_queue_position() -> None:
    book = ReferenceBook()
    play(book, new(1, SELL, 2, 100), new(2, SELL, 5, 101))
    assert play(book, execute(2, 3), execute(2, 9)) == [traded(0, BUY, 2, 3, 101), traded(0, BUY, 2, 2, 101)]
    assert resting(book) == [(1, 2, 100)]


@pytest.mark.parametrize(
    "end", [cancel(1), market(9, SELL, 5), execute(1, 5)], ids=["cancel", "fill", "execute"]
)
def test_an_id_can_be_reused_when_its_order_is_gone(end: Row) -> None:
    book = ReferenceBook()
    play(book, new(1, BUY, 5, 100), end)
    assert play(book, new(1, SELL, 1, 7)) == [accepted(1, SELL, 1, 7)]


def test_an_emptied_best_level_is_never_visible() -> None:
    book = ReferenceBook()
    play(book, new(1, BUY, 5, 100), new(2, BUY, 5, 99), cancel(1))
    assert book.depth(Side.BUY, 1) == (Level(99, 5, 1),)


def test_depth_totals_levels_best_first() -> None:
    book = ReferenceBook()
    play(book, new(1, SELL, 5, 101), new(2, SELL, 6, 101), new(3, SELL, 1, 100), new(4, SELL, 1, 102))
    assert book.depth(Side.SELL, 2) == (Level(100, 1, 1), Level(101, 11, 2))
    assert book.depth(Side.BUY, 2) == ()


def test_symbols_have_their_own_books_and_ids() -> None:
    book = ReferenceBook(2)
    events = play(book, new(1, BUY, 5, 100), new(1, SELL, 5, 100, symbol=1), cancel(1, symbol=1))
    assert [row[:3] for row in events] == [
        (EventKind.ACCEPTED, BUY, 0),
        (EventKind.ACCEPTED, SELL, 1),
        (EventKind.CANCELLED, 0, 1),
    ]
    assert book.depth(Side.BUY, 1, symbol=0) == (Level(100, 5, 1),)
    assert book.depth(Side.SELL, 1, symbol=1) == ()


def test_extreme_values_of_every_field_are_accepted() -> None:
    book = ReferenceBook()
    play(book, *(new(MAX_ID - n, BUY, MAX_QTY, 2**63 - 1) for n in range(3)))
    assert book.depth(Side.BUY, 1) == (Level(2**63 - 1, 3 * MAX_QTY, 3),)


def test_many_levels_that_come_and_go_leave_no_trace() -> None:
    book = ReferenceBook()
    play(book, new(1, BUY, 1, -5), *(row for n in range(2, 5000) for row in (new(n, BUY, 1, n), cancel(n))))
    assert book.depth(Side.BUY, 5) == (Level(-5, 1, 1),)
    assert play(book, market(9, SELL, 2))[1:] == [
        traded(9, SELL, 1, 1, -5),
        cancelled(9, 1, NO_PRICE, immediate=True),
    ]


@pytest.mark.parametrize(
    "batch",
    [
        np.zeros(3, np.uint8),
        np.zeros((2, 2), COMMAND),
        np.zeros((), COMMAND),
        np.zeros(6, COMMAND)[::2],
        np.zeros(2, COMMAND.newbyteorder(">")),
        [(0,) * 10],
    ],
    ids=["dtype", "two dimensions", "no dimension", "strided", "big-endian", "list"],
)
def test_a_malformed_array_is_rejected_before_any_command_is_applied(batch: object) -> None:
    book = ReferenceBook()
    with pytest.raises(BatchError):
        book.apply(batch)  # type: ignore[arg-type]
    assert book.next_sequence == 0


def test_an_empty_batch_gives_no_events() -> None:
    assert len(ReferenceBook().apply(np.zeros(0, COMMAND))) == 0


@pytest.mark.parametrize("symbols", [0, -1, 65537])
def test_a_number_of_symbols_out_of_range_is_rejected(symbols: int) -> None:
    with pytest.raises(SymbolError, match=str(symbols)):
        ReferenceBook(symbols)


@pytest.mark.parametrize("symbol", [-1, 1])
def test_the_depth_of_an_unknown_symbol_is_rejected(symbol: int) -> None:
    with pytest.raises(SymbolError):
        ReferenceBook().depth(Side.BUY, 1, symbol)
