"""The compiled audit of a feed's log against the audit of any log: equal counts, and faults found by both."""

from __future__ import annotations

import random

import numpy as np
import pytest

from obengine.api.messages import EventKind
from obengine.audit.invariants import nonzero_faults
from obengine.feeds.itch50 import ItchDay, read_itch50
from obengine.feeds.itch50_sample import write_itch50_sample
from obengine.harness.log_audit import make_log_audit
from obengine.reference.book import ReferenceBook


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> ItchDay:
    """A day that no test changes."""
    return read_itch50(write_itch50_sample(tmp_path_factory.mktemp("day") / "a.itch", messages=700))


def test_a_log_without_faults_has_equal_counts(day: ItchDay) -> None:
    book = ReferenceBook(len(day.symbols))
    audits = [make_log_audit(core) for core in ("reference", "native")]
    for at in range(0, day.commands.size, 500):
        events = book.apply(day.commands[at : at + 500])
        for audit in audits:
            audit.feed(events)
    slow, fast = (audit.counts(book.snapshot()) for audit in audits)
    assert fast == slow
    assert not nonzero_faults(fast)
    assert fast["lots_traded"] > 100


def test_altered_logs_are_found_by_both(day: ItchDay) -> None:
    book = ReferenceBook(len(day.symbols))
    whole = book.apply(day.commands)
    chance = random.Random(3)
    found = 0
    for _ in range(60):
        events = whole.copy()
        at = chance.randrange(len(day.symbols), events.size)
        field, value = chance.choice(
            [("qty_lots", 0), ("qty_lots", 9_999), ("price_ticks", 7), ("order_id", 3), ("other_id", 3),
             ("kind", EventKind.CANCELLED), ("kind", EventKind.TRADED), ("kind", EventKind.MODIFIED)]
        )  # fmt: skip
        before = events[field][at]
        events[field][at] = value
        changed = before != value
        faults = []
        for core in ("reference", "native"):
            audit = make_log_audit(core)
            audit.feed(events)
            faults.append(bool(nonzero_faults(audit.counts(book.snapshot()))))
        assert faults[1] >= faults[0], (field, value, at)
        found += faults[1] and changed
    assert found > 40


def test_a_state_that_is_not_that_of_the_events_is_found(day: ItchDay) -> None:
    book = ReferenceBook(len(day.symbols))
    audit = make_log_audit("native")
    audit.feed(book.apply(day.commands))
    snapshot = book.snapshot()
    assert audit.counts(snapshot)["snapshot_differences"] == 0
    snapshot.orders[[3, 4]] = snapshot.orders[[4, 3]]
    assert audit.counts(snapshot)["snapshot_differences"] == 2
    shorter = type(snapshot)(snapshot.next_sequence, np.delete(snapshot.orders, 0))
    assert audit.counts(shorter)["snapshot_differences"] > 0
