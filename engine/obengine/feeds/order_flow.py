"""The recorded life of every order as changes of price levels, from the events of a core.

A feed's commands say what an order message said; what a change means for a queue needs more: the side and the
price of the order, the lots that really left, and when the order got its place. One pass over the events
gives these as columns. An order that trades on arrival enters with the lots that it leaves in the book.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import WorkloadError
from obengine.api.messages import Commands, EventKind, Events, Op, Priority
from obengine.cores import make_book

FLOW_CHANGE: Final = np.dtype(
    [
        ("time_ns", "<i8"),
        ("seen_ns", "<i8"),
        ("price_ticks", "<i8"),
        ("lots", "<i8"),
        ("entered", "<i8"),
        ("order_id", "<u8"),
        ("symbol", "<u2"),
        ("side", "u1"),
        ("kind", "u1"),
    ]
)
"""Time of the exchange and of the receiver, price, lots, index of the change by which the order got its place
(-1: before the recording, or unknown), the resting order (0 if unknown), symbol, side of the resting order,
and `ChangeKind`."""

Changes = NDArray[np.void]


class ChangeKind(IntEnum):
    """What a change does to the lots of a price.

    ADD and ADOPT add lots; CANCEL, TRADE and LEAVE remove them; LEVEL gives the new lots of the price. ADOPT
    and LEAVE are of levels that enter and leave the recorded part of a book. PRINT, HIDDEN and CROSS are
    trades that change no level: of displayed orders whose removal follows, of hidden orders, of an auction.
    """

    ADD = 0
    CANCEL = 1
    TRADE = 2
    PRINT = 3
    HIDDEN = 4
    CROSS = 5
    LEAVE = 6
    ADOPT = 7
    LEVEL = 8


_ADD, _CANCEL, _TRADE = int(ChangeKind.ADD), int(ChangeKind.CANCEL), int(ChangeKind.TRADE)
_ACCEPTED, _TRADED, _CANCELLED, _MODIFIED = (
    int(kind) for kind in (EventKind.ACCEPTED, EventKind.TRADED, EventKind.CANCELLED, EventKind.MODIFIED)
)
_LOST: Final = int(Priority.LOST)
_REFUSED: Final = frozenset({int(EventKind.REFILLED), int(EventKind.TRIGGERED), int(EventKind.AUCTION_PRICE)})

_Row = tuple[int, int, int, int, int, int, int, int]
"""Number of the command, price, lots, entered, order id, symbol, side, kind."""


def apply_numbered(commands: Commands, core: str, symbols: int) -> tuple[Events, NDArray[np.int64]]:
    """Apply commands to a new book; return the events, and for each the index of its command."""
    events = make_book(core, symbols).apply(commands)
    if events.size == commands.size and _follow_one_by_one(commands, events):
        return events, np.arange(commands.size, dtype=np.int64)
    apply = make_book(core, symbols).apply
    parts = [apply(commands[at : at + 1]) for at in range(commands.size)]
    numbers = np.repeat(np.arange(commands.size), [part.size for part in parts])
    return np.concatenate(parts) if parts else events, numbers.astype(np.int64)


def order_changes(events: Events, numbers: NDArray[np.int64]) -> tuple[Changes, NDArray[np.int64]]:
    """The changes of displayed levels, without times, and for each the index of its command.

    Raises:
        WorkloadError: the events are of icebergs, stops, hidden orders or auctions, whose queues are not
            recorded.
    """
    if _is_plain(events, numbers):
        return _plain_changes(events, numbers)
    fields = ("kind", "detail", "symbol", "qty_lots", "order_id", "other_id", "price_ticks")
    columns = [events[name].tolist() for name in fields]
    rows = list(_Orders().rows(zip(numbers.tolist(), *columns, strict=True)))
    made = np.zeros(len(rows), dtype=FLOW_CHANGE)
    names = ("price_ticks", "lots", "entered", "order_id", "symbol", "side", "kind")
    of_command, *values = zip(*rows, strict=True) if rows else ((), *([()] * len(names)))
    for name, column in zip(names, values, strict=True):
        made[name] = column
    return made, np.array(of_command, dtype=np.int64)


def _follow_one_by_one(commands: Commands, events: Events) -> bool:
    """Whether each event is that of the command at its place."""
    ids = np.where(events["kind"] == EventKind.TRADED, events["other_id"], events["order_id"])
    of_order = commands["op"] <= Op.EXECUTE
    return bool((ids[of_order] == commands["order_id"][of_order]).all())


def _lots_added(changes: Changes) -> NDArray[np.int64]:
    """The lots that each change adds to its level; those of LEVEL changes are not known from them alone."""
    kind, lots = changes["kind"], changes["lots"].astype(np.int64)
    added = np.where((kind == ChangeKind.ADD) | (kind == ChangeKind.ADOPT), lots, -lots)
    added[(kind >= ChangeKind.PRINT) & (kind <= ChangeKind.CROSS)] = 0
    return added


def level_lots(changes: Changes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The lots of each change's price before and after it."""
    order = np.lexsort((changes["price_ticks"], changes["side"], changes["symbol"]))
    sorted_changes = changes[order]
    same = np.zeros(changes.size, dtype=bool)
    same[1:] = (
        (sorted_changes["price_ticks"][1:] == sorted_changes["price_ticks"][:-1])
        & (sorted_changes["side"][1:] == sorted_changes["side"][:-1])
        & (sorted_changes["symbol"][1:] == sorted_changes["symbol"][:-1])
    )
    if (changes["kind"] == ChangeKind.LEVEL).any():
        totals = _last_levels(sorted_changes, same)
    else:
        running = np.cumsum(_lots_added(sorted_changes))
        starts = np.flatnonzero(~same)
        base = np.append(0, running)[starts]
        totals = running - np.repeat(base, np.diff(np.append(starts, changes.size)))
    previous = np.where(same, np.append(0, totals[:-1]) if totals.size else totals, 0)
    before, after = np.empty(changes.size, dtype=np.int64), np.empty(changes.size, dtype=np.int64)
    before[order], after[order] = previous, totals
    return before, after


def _last_levels(changes: Changes, same: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The lots of the last LEVEL change of the same price, 0 before the first."""
    at = np.arange(changes.size)
    start = np.maximum.accumulate(np.where(~same, at, 0))
    last = np.maximum.accumulate(np.where(changes["kind"] == ChangeKind.LEVEL, at, -1))
    return np.where(last >= start, changes["lots"][last], 0)


def _is_plain(events: Events, numbers: NDArray[np.int64]) -> bool:
    """Whether each command gave one event at most, none of them a match: so it is with feeds."""
    kinds = events["kind"]
    matched = (kinds == _TRADED) & (events["order_id"] != 0)
    hidden = (kinds == _ACCEPTED) & (events["other_id"] != 0)
    others = np.isin(kinds, (*_REFUSED, _MODIFIED)) | matched | hidden
    return not others.any() and bool((np.diff(numbers) > 0).all())


def _plain_changes(events: Events, numbers: NDArray[np.int64]) -> tuple[Changes, NDArray[np.int64]]:
    """The same as `_Orders`, by whole columns: an event has the place of the last ACCEPTED of its id."""
    rows = np.flatnonzero(np.isin(events["kind"], (_ACCEPTED, _CANCELLED, _TRADED)))
    found = events[rows]
    kinds = found["kind"]
    ids = np.where(kinds == _TRADED, found["other_id"], found["order_id"])
    order = np.lexsort((ids, found["symbol"]))
    at = np.arange(rows.size)
    start = np.maximum.accumulate(np.where(kinds[order] == _ACCEPTED, at, 0))
    entered = np.empty(rows.size, dtype=np.int64)
    entered[order] = order[start]
    made = np.zeros(rows.size, dtype=FLOW_CHANGE)
    made["price_ticks"], made["lots"] = found["price_ticks"][entered], found["qty_lots"]
    made["entered"], made["order_id"], made["symbol"] = entered, ids, found["symbol"]
    made["side"] = found["detail"][entered]
    made["kind"] = np.select((kinds == _ACCEPTED, kinds == _TRADED), (_ADD, _TRADE), _CANCEL)
    return made, numbers[rows]


class _Orders:
    """Open orders by symbol and id: side, price, open lots, and the index of the change that placed them."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, int], list[int]] = {}
        self._arrival: _Arrival | None = None
        self._made = 0

    def rows(self, events: Iterator[tuple[Any, ...]]) -> Iterator[_Row]:
        """The changes, in order; an arrival is held back until its command is over."""
        handlers: dict[int, Callable[..., Iterator[_Row]]] = {
            _ACCEPTED: self._accept,
            _TRADED: self._trade,
            _CANCELLED: self._cancel,
            _MODIFIED: self._modify,
        }
        for number, kind, *details in events:
            if self._arrival is not None and self._arrival.number != number:
                yield from self._place(self._arrival)
            handler = handlers.get(kind)
            if handler is not None:
                yield from handler(number, *details)
            elif kind in _REFUSED:
                name = EventKind(kind).name
                raise WorkloadError(
                    f"{name} events: places of icebergs and stops in a queue are not recorded"
                )
        if self._arrival is not None:
            yield from self._place(self._arrival)

    def _accept(
        self, number: int, side: int, symbol: int, lots: int, order_id: int, placement: int, price: int
    ) -> Iterator[_Row]:
        if placement:
            raise WorkloadError("a hidden, iceberg or stop order has no recorded place in a queue")
        self._arrival = _Arrival(number, price, lots, order_id, symbol, side)
        yield from ()

    def _trade(
        self, number: int, _: int, symbol: int, lots: int, taker_id: int, maker_id: int, __: int
    ) -> Iterator[_Row]:
        if self._arrival is not None and taker_id == self._arrival.order_id:
            self._arrival.lots -= lots
        yield from self._remove(number, symbol, maker_id, lots, _TRADE)

    def _cancel(
        self, number: int, _: int, symbol: int, lots: int, order_id: int, *_rest: int
    ) -> Iterator[_Row]:
        if self._arrival is not None and (order_id, symbol) == (self._arrival.order_id, self._arrival.symbol):
            self._arrival.lots -= lots
        else:
            yield from self._remove(number, symbol, order_id, lots, _CANCEL)

    def _modify(
        self, number: int, priority: int, symbol: int, lots: int, order_id: int, _: int, price: int
    ) -> Iterator[_Row]:
        known = self._open.get((symbol, order_id))
        if known is None:
            return
        side, _, open_lots, _ = known
        if priority == _LOST:
            yield from self._remove(number, symbol, order_id, open_lots, _CANCEL)
            self._arrival = _Arrival(number, price, lots, order_id, symbol, side)
        else:
            yield from self._remove(number, symbol, order_id, open_lots - lots, _CANCEL)

    def _place(self, arrival: _Arrival) -> Iterator[_Row]:
        self._arrival = None
        if arrival.lots <= 0:
            return
        at = self._made
        self._made += 1
        self._open[arrival.symbol, arrival.order_id] = [arrival.side, arrival.price, arrival.lots, at]
        yield (
            *(arrival.number, arrival.price, arrival.lots, at),
            *(arrival.order_id, arrival.symbol, arrival.side, _ADD),
        )

    def _remove(self, number: int, symbol: int, order_id: int, lots: int, kind: int) -> Iterator[_Row]:
        order = self._open.get((symbol, order_id))
        if order is None or lots <= 0:
            return
        self._made += 1
        order[2] -= lots
        if order[2] <= 0:
            del self._open[symbol, order_id]
        yield number, order[1], lots, order[3], order_id, symbol, order[0], kind


@dataclass(slots=True)
class _Arrival:
    """An order whose command is not over yet; `lots` are those that it has left."""

    number: int
    price: int
    lots: int
    order_id: int
    symbol: int
    side: int
