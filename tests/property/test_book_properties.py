"""The rules of the book, proved on generated streams against a book that scans a list."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from obengine.book import rebuilding_commands
from obengine.invariants import audit_events, check_snapshot, faults
from obengine.messages import Commands, EventKind, Side, records_digest
from obengine.reference import ReferenceBook
from tests.property.naive_book import NaiveBook
from tests.property.strategies import SYMBOLS, batch_cuts, command_streams, nonsense

streams = st.one_of(command_streams(), nonsense())


@given(streams)
def test_every_event_and_the_state_equal_the_naive_model(commands: Commands) -> None:
    """Rule: an order book is a pure function of its commands, the one that messages.py describes."""
    book, naive = ReferenceBook(SYMBOLS), NaiveBook(SYMBOLS)
    assert book.apply(commands).tolist() == naive.apply(commands).tolist()
    assert book.snapshot().orders.tolist() == naive.resting().tolist()


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
        before = book.state_digest()
        events = book.apply(commands[at : at + 1])
        assert len(events) >= 1
        if (events["kind"] == EventKind.REJECTED).any():
            assert len(events) == 1
            assert book.state_digest() == before


@given(streams)
def test_the_log_passes_its_audit(commands: Commands) -> None:
    """Rules: trades at the maker's price, best price first and oldest first; every cancel and trade
    names an open order; entered = traded + cancelled + resting; the book is never crossed.
    """
    book = ReferenceBook(SYMBOLS)
    events = book.apply(commands)
    snapshot = book.snapshot()
    assert faults(audit_events(events, snapshot=snapshot)) == {}
    assert faults(check_snapshot(snapshot)) == {}


@given(streams)
def test_levels_total_what_rests_on_them(commands: Commands) -> None:
    """Rule: a level is its price, its open lots and its orders, best first, and never an empty one."""
    book = ReferenceBook(SYMBOLS)
    book.apply(commands)
    orders = book.snapshot().orders
    for symbol in range(SYMBOLS):
        for side in Side:
            mine = orders[(orders["symbol"] == symbol) & (orders["side"] == side)]
            levels = book.depth(side, len(orders) + 1, symbol)
            prices = sorted({int(price) for price in mine["price_ticks"]}, reverse=side is Side.BUY)
            assert [level.price_ticks for level in levels] == prices
            for level in levels:
                lots = mine["qty_lots"][mine["price_ticks"] == level.price_ticks].tolist()
                assert (level.qty_lots, level.orders) == (sum(lots), len(lots))


@given(command_streams())
def test_symbols_do_not_see_each_other(commands: Commands) -> None:
    """Rule: a stream that is split by symbol gives the same events per symbol."""
    events = ReferenceBook(SYMBOLS).apply(commands)
    for symbol in range(SYMBOLS):
        alone = ReferenceBook(SYMBOLS).apply(np.ascontiguousarray(commands[commands["symbol"] == symbol]))
        assert alone.tolist() == events[events["symbol"] == symbol].tolist()


@given(command_streams(), command_streams(20))
def test_a_snapshot_rebuilds_the_state(commands: Commands, more: Commands) -> None:
    """Rule: rebuilding commands give the snapshot's state, order for order, to an empty book."""
    first, second = ReferenceBook(SYMBOLS), ReferenceBook(SYMBOLS)
    first.apply(commands)
    second.apply(rebuilding_commands(first.snapshot()))
    assert second.state_digest() == first.state_digest()
    assert second.apply(more).tolist() == first.apply(more).tolist()


@given(command_streams(40))
def test_the_audit_finds_a_dropped_event(commands: Commands) -> None:
    """Rule: the audit counts each statement that a right book could not have made.

    Order 0 stands apart: a trade whose taker is 0 reads as a recorded execution once its
    acceptance is gone, which a right book could have said.
    """
    book = ReferenceBook(SYMBOLS)
    events, snapshot = book.apply(np.ascontiguousarray(commands[commands["order_id"] != 0])), book.snapshot()
    telling = [EventKind.ACCEPTED, EventKind.TRADED, EventKind.CANCELLED]
    for at in np.flatnonzero(np.isin(events["kind"], telling)):
        assert faults(audit_events(np.delete(events, at), snapshot=snapshot)) != {}
