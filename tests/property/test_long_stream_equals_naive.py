"""One long stream of every order kind, in batches: books that are full, not only small ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from obengine.api.messages import Commands
from obengine.audit.invariants import audit_events, check_snapshot, nonzero_faults
from obengine.reference.book import ReferenceBook
from tests.golden.auction_stream import auction_stream
from tests.golden.full_stream import full_stream, later_stream, rule_stream
from tests.property.naive_book import NaiveBook


@pytest.mark.parametrize("stream", [full_stream, later_stream, rule_stream, auction_stream])
def test_a_long_stream_gives_the_naive_models_events_and_states(stream: Callable[[int], Commands]) -> None:
    """Rule: an order book is a pure function of its commands, the one that the specification describes."""
    commands, batches = stream(3_000), []
    book, naive = ReferenceBook(2), NaiveBook(2)
    for start in range(0, len(commands), 250):
        batches.append(book.apply(commands[start : start + 250]))
        assert batches[-1].tolist() == naive.apply(commands[start : start + 250]).tolist()
        snapshot = book.snapshot()
        assert snapshot.orders.tolist() == naive.resting().tolist()
        assert nonzero_faults(check_snapshot(snapshot)) == {}
    assert nonzero_faults(audit_events(*batches, snapshot=book.snapshot())) == {}
