"""The audit names the cause of each fault that is put into a sound log or snapshot."""

from __future__ import annotations

import numpy as np
import pytest

from obengine.api.messages import (
    CROSS,
    EVENT,
    NO_PRICE,
    CancelReason,
    EventKind,
    Matching,
    Priority,
    Queue,
    Rule,
    Side,
    TradingState,
    placement_of,
    setting_of,
)
from obengine.api.protocol import RESTING, Snapshot
from obengine.audit.invariants import EVENT_FAULTS, audit_events, nonzero_faults

ACC, TRD, CAN, MOD = EventKind.ACCEPTED, EventKind.TRADED, EventKind.CANCELLED, EventKind.MODIFIED
BUY, SELL = Side.BUY, Side.SELL
TRG, STA, PRC, REF = (
    EventKind.TRIGGERED,
    EventKind.STATE_CHANGED,
    EventKind.AUCTION_PRICE,
    EventKind.REFILLED,
)
MAS, CLK = EventKind.MASS_CANCELLED, EventKind.CLOCK_SET
Row = tuple[int, ...]

SOUND: list[Row] = [
    (ACC, SELL, 0, 5, 1, 0, 100),
    (ACC, SELL, 0, 5, 2, 0, 100),
    (ACC, BUY, 0, 7, 3, 0, 100),
    (TRD, BUY, 0, 5, 3, 1, 100),
    (TRD, BUY, 0, 2, 3, 2, 100),
    (MOD, Priority.KEPT, 0, 2, 2, 0, 100),
    (CAN, CancelReason.REQUESTED, 0, 1, 2, 0, 100),
    (TRD, BUY, 0, 1, 0, 2, 100),
]


STOP: Row = (ACC, BUY, 0, 5, 8, placement_of(Queue.WAITING, 0), 90)
HALTED: Row = (STA, TradingState.HALT, 0, 0, TradingState.OPEN, 0, 0)
ICEBERG: Row = (ACC, SELL, 0, 5, 1, placement_of(Queue.DISPLAYED, 2), 100)
REFILL: Row = (REF, SELL, 0, 2, 1, 0, 100)
AON: Row = (ACC, SELL, 0, 5, 1, placement_of(Queue.CONDITIONAL, 0), 100)
HIDDEN_FIRST: list[Row] = [
    (ACC, SELL, 0, 5, 1, placement_of(Queue.HIDDEN, 0), 100),
    (ACC, SELL, 0, 5, 2, 0, 100),
    (ACC, BUY, 0, 1, 3, 0, 100),
]
CROSSED: list[Row] = [
    (STA, TradingState.AUCTION, 0, 0, TradingState.OPEN, 0, 0),
    (ACC, SELL, 0, 5, 1, 0, 100),
    (ACC, BUY, 0, 5, 2, 0, 101),
    (STA, TradingState.OPEN, 0, 0, TradingState.AUCTION, 0, 0),
]
BUS: EventKind = EventKind.TRADE_BUSTED
KEEPS: list[Row] = [(EventKind.TRADE_WINDOW_SET, 0, 0, 1, 0, 0, 0), *SOUND[:4]]
SHARED: list[Row] = [
    (EventKind.RULE_SET, Rule.MATCHING, 0, 0, 0, setting_of(0, Matching.PRO_RATA), 0),
    *SOUND[:3],
]
SURPLUS: list[Row] = [
    *CROSSED[:3],
    (ACC, SELL, 0, 5, 9, placement_of(Queue.ON_OPEN, 0) | 256, 100),
    CROSSED[3],
    (PRC, 0, 0, 5, 0, 0, 100),
]


def counts_of(rows: list[Row]) -> dict[str, int]:
    return dict(nonzero_faults(audit_events(np.array(rows, EVENT))))


def test_a_sound_log_has_no_fault_and_its_lots_add_up() -> None:
    counts = audit_events(np.array(SOUND, EVENT))
    assert nonzero_faults(counts) == {}
    lots = {name: n for name, n in counts.items() if name.startswith("lots_")}
    assert lots == {"lots_entered": 16, "lots_traded": 15, "lots_cancelled": 1, "lots_resting": 0}


@pytest.mark.parametrize(
    ("cause", "rows"),
    [
        ("unknown_event", [*SOUND, (99, 0, 0, 1, 1, 0, 1)]),
        ("bad_quantity", [*SOUND, (ACC, BUY, 0, 0, 8, 0, 1)]),
        ("duplicate_accept", [SOUND[0], SOUND[0]]),
        ("orphan_cancel", [*SOUND, (CAN, CancelReason.REQUESTED, 0, 1, 2, 0, 100)]),
        ("orphan_cancel", [*SOUND, (CAN, CancelReason.IMMEDIATE, 0, 1, 2, 0, 100)]),
        ("orphan_modify", [*SOUND, (MOD, Priority.KEPT, 0, 1, 2, 0, 100)]),
        ("orphan_trade", [*SOUND, (TRD, BUY, 0, 1, 0, 2, 100)]),
        ("orphan_trade", [SOUND[0], (TRD, BUY, 0, 1, 77, 1, 100)]),
        ("wrong_quantity", [SOUND[0], (TRD, BUY, 0, 6, 0, 1, 100)]),
        ("wrong_quantity", [(ACC, BUY, 0, 5, 8, 0, 1), (CAN, CancelReason.IMMEDIATE, 0, 4, 8, 0, 1)]),
        ("wrong_price", [*SOUND[:3], (TRD, BUY, 0, 5, 3, 1, 99)]),
        ("priority_broken", [*SOUND[:3], (TRD, BUY, 0, 5, 3, 2, 100)]),
        ("priority_broken", [*SOUND[:2], (MOD, Priority.KEPT, 0, 6, 1, 0, 100)]),
        ("crossed_book", [*SOUND[:3], (ACC, SELL, 0, 1, 4, 0, 200)]),
        ("orphan_trigger", [(TRG, BUY, 0, 5, 8, 0, 1)]),
        ("wrong_quantity", [STOP, (TRG, BUY, 0, 4, 8, 0, 90)]),
        ("wrong_state", [STOP, HALTED, (TRG, BUY, 0, 5, 8, 0, 90)]),
        ("wrong_state", [(STA, 1, 0, 0, 2, 0, 0)]),
        ("wrong_state", [(PRC, 0, 0, 1, 0, 0, 0)]),
        ("wrong_refill", [ICEBERG, (TRD, BUY, 0, 2, 0, 1, 100)]),
        ("wrong_refill", [ICEBERG, (TRD, BUY, 0, 2, 0, 1, 100), (REF, SELL, 0, 1, 1, 0, 100)]),
        ("wrong_refill", [ICEBERG, (REF, SELL, 0, 2, 1, 0, 100)]),
        ("wrong_quantity", [ICEBERG, (ACC, BUY, 0, 3, 3, 0, 100), (TRD, BUY, 0, 3, 3, 1, 100), REFILL]),
        ("wrong_count", [SOUND[0], (MAS, 2, 0, 1, 0, 0, 0)]),
        ("wrong_count", [SOUND[0], (CAN, CancelReason.EXPIRED, 0, 5, 1, 0, 100), (CLK, 0, 0, 0, 9, 0, 0)]),
        ("wrong_price", [*CROSSED, (PRC, 0, 0, 5, 0, 0, 100), (TRD, CROSS, 0, 5, 2, 1, 101)]),
        ("wrong_quantity", [*CROSSED, (PRC, 0, 0, 6, 0, 0, 100), (TRD, CROSS, 0, 5, 2, 1, 100)]),
        ("crossed_book", CROSSED),
        ("priority_broken", [*HIDDEN_FIRST, (TRD, BUY, 0, 1, 3, 1, 100)]),
        ("priority_broken", [AON, (ACC, BUY, 0, 2, 3, 0, 100), (TRD, BUY, 0, 2, 3, 1, 100)]),
        ("wrong_quantity", [AON, (TRG, SELL, 0, 5, 1, Queue.CONDITIONAL, 100)]),
        ("wrong_price", [AON, (TRG, SELL, 0, 5, 1, Queue.CONDITIONAL, 99)]),
        ("wrong_state", [AON, HALTED, (TRG, SELL, 0, 5, 1, Queue.CONDITIONAL, 100)]),
        ("orphan_trade", [*KEEPS, (BUS, BUY, 0, 5, 4, 0, 100), (BUS, BUY, 0, 5, 4, 0, 100)]),
        ("orphan_trade", [*KEEPS, (BUS, BUY, 0, 4, 4, 0, 100)]),
        ("orphan_trade", [*KEEPS, (BUS, BUY, 0, 2, 2, 0, 100)]),
        ("orphan_trade", [*KEEPS[1:], (BUS, BUY, 0, 5, 3, 0, 100)]),
        ("priority_broken", [*SHARED, (TRD, BUY, 0, 5, 3, 1, 100)]),
        ("priority_broken", [*SHARED, (TRD, BUY, 0, 4, 3, 1, 100), (TRD, BUY, 0, 2, 3, 2, 100)]),
        ("priority_broken", [*SURPLUS, (TRD, CROSS, 0, 5, 2, 9, 100)]),
        ("priority_broken", [SOUND[0], (ACC, BUY, 0, 5, 2, 0, 98), (MOD, Priority.LOST, 0, 5, 1, 0, 100)]),
        ("priority_broken", [SOUND[0], (MOD, Priority.LOST, 0, 5, 1, 0, 100)]),
        ("market_order_rested", [(ACC, BUY, 0, 5, 8, 0, NO_PRICE)]),
    ],
)
def test_a_fault_is_counted_under_its_cause(cause: str, rows: list[Row]) -> None:
    assert cause in EVENT_FAULTS
    assert counts_of(rows)[cause] == 1


def test_an_arrival_with_id_0_is_distinguished_from_a_recorded_execution() -> None:
    rows = [SOUND[0], (ACC, BUY, 0, 2, 0, 0, 99), (TRD, BUY, 0, 2, 0, 1, 100), (TRD, SELL, 0, 2, 0, 0, 99)]
    counts = audit_events(np.array(rows, EVENT))
    assert nonzero_faults(counts) == {}
    assert counts["lots_resting"] == 3


def test_an_order_that_slides_back_to_its_price_loses_its_place() -> None:
    behind = [SOUND[0], (ACC, BUY, 0, 5, 2, 0, 99)]
    assert counts_of([*behind, (MOD, Priority.LOST, 0, 4, 1, 0, 100)]) == {}
    steps = (EventKind.STEPS_SET, 0, 0, 1, 2, 0, 0)
    further = [steps, SOUND[0], (ACC, BUY, 0, 5, 2, 0, 98)]
    assert counts_of([*further, (MOD, Priority.LOST, 0, 4, 1, 0, 100)]) == {}


def test_differences_between_snapshot_and_events_are_counted() -> None:
    empty = Snapshot(8, np.zeros(0, RESTING))
    assert audit_events(np.array(SOUND, EVENT), snapshot=empty)["snapshot_differences"] == 0
    assert audit_events(np.array(SOUND[:2], EVENT), snapshot=empty)["snapshot_differences"] == 2
