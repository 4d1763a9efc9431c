"""The column audit of recorded logs gives the counts of the event audit, or None."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from obengine.api.messages import COMMAND, EVENT, Commands, Events, Op, Side, TradingState
from obengine.api.orders import set_state
from obengine.api.snapshot import Snapshot
from obengine.audit.invariants import audit_events, nonzero_faults
from obengine.harness.recorded_audit import audit_recorded
from obengine.reference.book import ReferenceBook

SYMBOLS = 2

Steps = st.lists(
    st.tuples(
        st.sampled_from([Op.NEW, Op.NEW, Op.CANCEL, Op.EXECUTE]),
        st.integers(0, 1),
        st.integers(0, SYMBOLS - 1),
        st.integers(0, 9),
        st.integers(1, 6),
        st.integers(0, 4),
    ),
    max_size=40,
)


def commands_of(steps: list[tuple[int, ...]], *, apart: bool) -> Commands:
    """Commands of a feed; `apart` keeps buys below sells, so that nothing matches."""
    made = np.zeros(len(steps), dtype=COMMAND)
    for command, (op, side, symbol, order_id, lots, offset) in zip(made, steps, strict=True):
        price = 100 + offset + (10 if apart and side == Side.SELL else 0)
        fields = {"op": op, "side": side, "symbol": symbol, "order_id": order_id, "price_ticks": price}
        for name, value in fields.items():
            command[name] = value
        command["qty_lots"] = 0 if op == Op.CANCEL and lots == 6 else lots
    return made


def replayed(commands: Commands, auctions: int) -> tuple[Events, Snapshot]:
    book = ReferenceBook(SYMBOLS)
    states = [book.apply(set_state(TradingState.AUCTION, symbol=symbol)) for symbol in range(auctions)]
    events = np.concatenate([np.zeros(0, EVENT), *states, book.apply(commands)])
    return events, book.snapshot()


@given(Steps, st.integers(0, SYMBOLS))
@settings(max_examples=200, deadline=None)
def test_a_recorded_log_has_the_counts_of_the_event_audit(
    steps: list[tuple[int, ...]], auctions: int
) -> None:
    """Most rules of such a log concern a single order each."""
    events, snapshot = replayed(commands_of(steps, apart=True), auctions)
    counts = audit_recorded(events, snapshot)
    assert counts is not None
    assert counts == audit_events(events, snapshot=snapshot)
    assert list(counts) == list(audit_events(events, snapshot=snapshot))


@given(Steps, st.integers(0, SYMBOLS))
@settings(max_examples=200, deadline=None)
def test_logs_with_matches_or_crossed_auctions_give_equal_counts_or_none(
    steps: list[tuple[int, ...]], auctions: int
) -> None:
    """ "Of a log that is not like this, or not sound, nothing is said here." """
    events, snapshot = replayed(commands_of(steps, apart=False), auctions)
    counts = audit_recorded(events, snapshot)
    assert counts is None or counts == audit_events(events, snapshot=snapshot)
    assert counts is not None or auctions < SYMBOLS


@given(Steps, st.data())
@settings(max_examples=400, deadline=None)
def test_an_altered_log_with_faults_is_never_reported_as_correct(
    steps: list[tuple[int, ...]], data: st.DataObject
) -> None:
    """ "Of a log that is not like this, or not sound, nothing is said here." """
    events, snapshot = replayed(commands_of([(Op.NEW, 0, 0, 0, 5, 1), *steps], apart=True), 0)
    at = data.draw(st.integers(0, events.size - 1))
    name = data.draw(st.sampled_from(list(EVENT.names or ())))
    events = events.copy()
    events[name][at] = data.draw(st.integers(0, 11) | st.integers(100, 116))
    walked = audit_events(events, snapshot=snapshot)
    counts = audit_recorded(events, snapshot)
    assert counts is None or (counts == walked and not nonzero_faults(walked))


@given(Steps, st.data())
@settings(max_examples=200, deadline=None)
def test_an_altered_state_is_never_reported_as_correct(
    steps: list[tuple[int, ...]], data: st.DataObject
) -> None:
    """ "The final state is in queue order." """
    events, snapshot = replayed(commands_of([(Op.NEW, 0, 0, 77, 5, 1), *steps], apart=True), 0)
    orders = snapshot.orders.copy()
    at = data.draw(st.integers(0, orders.size - 1))
    name = data.draw(
        st.sampled_from(["symbol", "side", "queue", "open_lots", "shown_lots", "order_id", "price_ticks"])
    )
    orders[name][at] += 1
    altered = Snapshot(snapshot.next_sequence, orders, snapshot.engine, snapshot.symbols)
    assert audit_recorded(events, altered) is None


def test_orders_of_one_price_out_of_their_order_are_seen() -> None:
    made = commands_of([(Op.NEW, 0, 0, 1, 5, 1), (Op.NEW, 0, 0, 2, 5, 1)], apart=True)
    events, snapshot = replayed(made, 0)
    swapped = Snapshot(
        snapshot.next_sequence, snapshot.orders[::-1].copy(), snapshot.engine, snapshot.symbols
    )
    assert audit_recorded(events, snapshot) is not None
    assert audit_recorded(events, swapped) is None
