"""Audits of a replayed feed's event log, batch after batch: compiled, or by the audit of any log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import Events, Queue, Side
from obengine.api.protocol import Snapshot
from obengine.audit.events import EVENT_FAULTS, EventAudit
from obengine.audit.invariants import event_counts
from obengine.cores import NATIVE

_NATIVE_FAULTS: Final = (
    "unknown_event",
    "bad_quantity",
    "duplicate_accept",
    "orphan_cancel",
    "orphan_trade",
    "wrong_quantity",
    "wrong_price",
    "wrong_state",
)
"""In the order of `RecordedAudit::Fault`."""

_COMPARED: Final = {
    "symbol": "symbol",
    "side": "side",
    "open_lots": "qty_lots",
    "shown_lots": "qty_lots",
    "order_id": "order_id",
    "price_ticks": "price_ticks",
}
"""Fields of a snapshot, and those of the orders that the events leave open."""


class LogAudit(Protocol):
    """An audit of the events of one engine from its first event on."""

    def feed(self, events: Events) -> None:
        """Audit the next batch."""
        ...

    def counts(self, snapshot: Snapshot) -> Mapping[str, int]:
        """The counts of `audit_events` after the last batch; `snapshot` is the state then."""
        ...


def make_log_audit(core: str) -> LogAudit:
    """The audit for the log of a core: the compiled one for the native core."""
    return _CompiledAudit() if core == NATIVE else _PlainAudit()


class _PlainAudit:
    def __init__(self) -> None:
        self._audit = EventAudit()

    def feed(self, events: Events) -> None:
        self._audit.feed(events)

    def counts(self, snapshot: Snapshot) -> Mapping[str, int]:
        return event_counts(self._audit, snapshot)


class _CompiledAudit:
    def __init__(self) -> None:
        from obengine._native import RecordedAudit

        self._audit = RecordedAudit()

    def feed(self, events: Events) -> None:
        self._audit.feed(events.view(np.uint8))

    def counts(self, snapshot: Snapshot) -> Mapping[str, int]:
        faults = dict(zip(_NATIVE_FAULTS, self._audit.faults, strict=True))
        entered, traded, cancelled = self._audit.lots
        orders = _in_order(self._audit.open_orders())
        resting = int(orders["qty_lots"].sum(dtype=np.int64))
        return dict.fromkeys(EVENT_FAULTS, 0) | faults | {
            "unaccounted_lots": entered - traded - cancelled - resting,
            "snapshot_differences": _differences(orders, snapshot),
            "lots_entered": entered,
            "lots_traded": traded,
            "lots_cancelled": cancelled,
            "lots_resting": resting,
        }  # fmt: skip


def _in_order(cells: NDArray[np.uint8]) -> NDArray[np.void]:
    """Open orders in the canonical order of a snapshot."""
    from obengine.native.open_orders import OPEN_CELL

    orders = cells.view(OPEN_CELL)
    rank = np.where(orders["side"] == Side.SELL, 1, -1) * orders["price_ticks"]
    return orders[np.lexsort((orders["mark"], rank, orders["side"], orders["symbol"]))]


def _differences(orders: NDArray[np.void], snapshot: Snapshot) -> int:
    """The number of positions at which the snapshot has another order."""
    kept = snapshot.orders
    common = min(orders.size, kept.size)
    differs = (kept["queue"][:common] != Queue.DISPLAYED) | (kept["display_lots"][:common] != 0)
    for field, wanted in _COMPARED.items():
        differs |= kept[field][:common] != orders[wanted][:common]
    return int(differs.sum()) + abs(orders.size - kept.size)
