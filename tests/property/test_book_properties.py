"""The rules of the book, proved on generated streams against a book that scans a list."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from obengine.api.messages import COMMAND, Commands, EventKind, Op, Side, records_digest
from obengine.audit.invariants import audit_events, check_snapshot, nonzero_faults
from obengine.reference.book import ReferenceBook
from tests.property.naive_book import NaiveBook
from tests.property.strategies import SYMBOLS, batch_cuts, command_streams, nonsense, plain_streams

streams = st.one_of(command_streams(), command_streams(), nonsense())


@given(streams)
def test_every_event_and_the_state_equal_the_naive_model(commands: Commands) -> None:
    """Rule: an order book is a pure function of its commands, the one that the specification describes."""
    book, naive = ReferenceBook(SYMBOLS), NaiveBook(SYMBOLS)
    assert book.apply(commands).tolist() == naive.apply(commands).tolist()
    snapshot = book.snapshot()
    assert snapshot.orders.tolist() == naive.resting().tolist()
    assert snapshot.engine["clock_ns"][0] == naive.clock == book.clock_ns


@given(streams, st.lists(st.integers(0, 10_000), max_size=5))
def test_batching_changes_nothing(commands: Commands, marks: list[int]) -> None:
    """Rule: the sequence number of an event is its index in the stream of its engine."""
    whole, parts = ReferenceBook(SYMBOLS), ReferenceBook(SYMBOLS)
    expected = whole.apply(commands)
    events = []
    for batch in batch_cuts(commands, marks):
        before = parts.next_sequence
        events.append(parts.apply(batch))
        assert parts.next_sequence == before + len(events[-1])
    assert records_digest(*events) == records_digest(expected)
    assert parts.state_digest() == whole.state_digest()


@given(streams)
def test_every_command_gives_an_event_and_a_reject_changes_nothing(commands: Commands) -> None:
    """Rule: a command that is refused gives one REJECTED event and changes nothing."""
    book = ReferenceBook(SYMBOLS)
    for at in range(len(commands)):
        before = book.snapshot()
        events = book.apply(commands[at : at + 1])
        after = book.snapshot()
        assert (len(events) == 0) == (commands["op"][at] == Op.EXTEND)
        if (events["kind"] == EventKind.REJECTED).any():
            assert len(events) == 1
            assert after.orders.tobytes() == before.orders.tobytes()
            assert after.symbols.tobytes() == before.symbols.tobytes()
            assert after.engine["clock_ns"] == before.engine["clock_ns"]


@given(command_streams(edgy=False))
def test_the_log_passes_its_audit(commands: Commands) -> None:
    """Rules: trades at the maker's price, best price first, displayed before hidden before conditional,
    oldest first; every cancel and trade names an open order; entered = traded + cancelled + open; an open
    book is never crossed; each refill, trigger, auction and count adds up.
    """
    book = ReferenceBook(SYMBOLS)
    events = book.apply(commands)
    assert nonzero_faults(audit_events(events, snapshot=book.snapshot())) == {}


@given(streams)
def test_every_state_on_the_way_is_sound(commands: Commands) -> None:
    """Rules: an open book is never crossed; queues, shown lots and triggers are those of the orders."""
    book = ReferenceBook(SYMBOLS)
    for at in range(len(commands)):
        book.apply(commands[at : at + 1])
        assert nonzero_faults(check_snapshot(book.snapshot())) == {}


@given(streams)
def test_levels_total_what_is_shown_on_them(commands: Commands) -> None:
    """Rule: a level is its price, its shown lots and its displayed orders, best first, never an empty one."""
    book = ReferenceBook(SYMBOLS)
    book.apply(commands)
    orders = book.snapshot().orders
    for symbol in range(SYMBOLS):
        for side in Side:
            mine = orders[
                (orders["symbol"] == symbol) & (orders["side"] == side) & (orders["shown_lots"] > 0)
            ]
            levels = book.depth(side, len(orders) + 1, symbol)
            prices = sorted({int(price) for price in mine["price_ticks"]}, reverse=side is Side.BUY)
            assert [level.price_ticks for level in levels] == prices
            for level in levels:
                lots = mine["shown_lots"][mine["price_ticks"] == level.price_ticks].tolist()
                assert (level.qty_lots, level.orders) == (sum(lots), len(lots))


@given(plain_streams())
def test_symbols_are_independent(commands: Commands) -> None:
    """Rule: a stream that is split by symbol gives the same events per symbol."""
    events = ReferenceBook(SYMBOLS).apply(commands)
    for symbol in range(SYMBOLS):
        alone = ReferenceBook(SYMBOLS).apply(np.ascontiguousarray(commands[commands["symbol"] == symbol]))
        assert alone.tolist() == events[events["symbol"] == symbol].tolist()


@given(streams, command_streams(20))
def test_a_restored_book_goes_on_as_the_first_would(commands: Commands, more: Commands) -> None:
    """Rule: restore gives a book that gives the same events from then on, sequence numbers included."""
    first, second = ReferenceBook(SYMBOLS), ReferenceBook(SYMBOLS)
    first.apply(commands)
    second.apply(more)
    second.restore(first.snapshot())
    assert second.state_digest() == first.state_digest()
    assert second.apply(more).tolist() == first.apply(more).tolist()
    assert second.next_sequence == first.next_sequence
    assert second.state_digest() == first.state_digest()


@given(plain_streams())
def test_the_fast_path_for_plain_orders_follows_the_same_rules(commands: Commands) -> None:
    """Rule: a stop that is never triggered changes no event but its own (it closes the short cut)."""
    aside = np.zeros(2 * SYMBOLS, COMMAND)
    for symbol in range(SYMBOLS):
        aside[2 * symbol] = (Op.EXTEND, 0, 0, 0, 0, 0, 0, 0, 0, 2**63 - 1)
        aside[2 * symbol + 1] = (Op.NEW, 0, 2, 0, symbol, 1, 1, 0, 2**40, 0)
    unreached = np.ascontiguousarray(commands[commands["price_ticks"] < 2**63 - 1])
    quick, slow = ReferenceBook(SYMBOLS), ReferenceBook(SYMBOLS)
    slow.apply(aside)
    assert slow.apply(unreached).tolist() == quick.apply(unreached).tolist()


@given(command_streams(40, edgy=False))
def test_the_audit_finds_a_dropped_event(commands: Commands) -> None:
    """Rule: the audit counts each statement that a right book could not have made (a trade of order 0
    can always be a recorded execution).
    """
    book = ReferenceBook(SYMBOLS)
    commands = np.ascontiguousarray(commands[(commands["op"] != Op.NEW) | (commands["order_id"] > 0)])
    events, snapshot = book.apply(commands), book.snapshot()
    telling = [EventKind.ACCEPTED, EventKind.TRADED, EventKind.CANCELLED, EventKind.REFILLED]
    for at in np.flatnonzero(np.isin(events["kind"], telling)):
        assert nonzero_faults(audit_events(np.delete(events, at), snapshot=snapshot)) != {}
