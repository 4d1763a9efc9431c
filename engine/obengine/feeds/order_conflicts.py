"""Contradictions between the messages of a LOBSTER file about the same order.

An order has one price and one side, is introduced once, and cannot lose more than its open lots. Changes
outside the levels of a file have no message, so an order may have fewer lots than its messages imply, or
be gone, but never more. Rows are compared whether or not the order is in the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from obengine.feeds.integer_csv import Rows
from obengine.feeds.lobster_window import Message

_TYPE, _ID, _SIZE, _PRICE, _DIRECTION = range(1, 6)


class ConflictKind(StrEnum):
    """How a row contradicts earlier rows about its order."""

    PRICE = "another-price"
    DIRECTION = "another-direction"
    DUPLICATE = "duplicate-id"
    SIZE = "size-above-open"
    GONE = "order-is-gone"


_COLUMN = {
    ConflictKind.PRICE: _PRICE,
    ConflictKind.DIRECTION: _DIRECTION,
    ConflictKind.DUPLICATE: _ID,
    ConflictKind.SIZE: _SIZE,
    ConflictKind.GONE: _ID,
}


@dataclass(frozen=True, slots=True)
class OrderConflict:
    """A field that contradicts the known state of its order.

    Attributes:
        conflict: the kind of contradiction.
        line, column: the place in the message file, from 1.
        value: the value of the field.
        known: the expected value (the maximum, for a size); the order id if the id is wrong.
    """

    conflict: ConflictKind
    line: int
    column: int
    value: int
    known: int


def order_conflicts(rows: Rows) -> tuple[OrderConflict, ...]:
    """All contradictions between the messages of a day, by line; at most one per kind and row.

    A row that introduces an open order again replaces it; later rows are compared with the new one.
    """
    lines = np.flatnonzero(rows[:, _TYPE] <= Message.EXECUTE)
    lines = lines[np.argsort(rows[lines, _ID], kind="stable")]
    _, kind, order_id, size, price, direction = rows[lines].T
    if not lines.size:
        return ()
    first = np.ones(lines.size, dtype=bool)
    first[1:] = order_id[1:] != order_id[:-1]
    new = kind == Message.NEW
    head = np.maximum.accumulate(np.where(first | new, np.arange(lines.size), 0))
    introduced = new[head]
    open_before = np.where(introduced, size[head] - _given_before(np.where(new, 0, size), head), 0)
    less = ~new & introduced
    over = less & (size > open_before)
    gone = _gone_before(kind, open_before, less, head)
    ended = gone | (kind == Message.DELETE) | (less & (size >= open_before))
    found = (
        (ConflictKind.PRICE, price != price[head], price[head]),
        (ConflictKind.DIRECTION, direction != direction[head], direction[head]),
        (ConflictKind.DUPLICATE, new & ~first & ~np.append(False, ended[:-1]), order_id),
        (ConflictKind.SIZE, over & ~gone, open_before),
        (ConflictKind.GONE, gone, order_id),
    )
    made = [
        OrderConflict(
            conflict,
            line=int(lines[at]) + 1,
            column=_COLUMN[conflict] + 1,
            value=int(rows[lines[at], _COLUMN[conflict]]),
            known=int(known[at]),
        )
        for conflict, bad, known in found
        for at in np.flatnonzero(bad).tolist()
    ]
    return tuple(sorted(made, key=lambda each: (each.line, each.column)))


def _given_before(given: NDArray[np.int64], head: NDArray[np.int64]) -> NDArray[np.int64]:
    """The lots that an order had lost before each of its rows, since the row in `head`."""
    before = np.cumsum(given) - given
    return before - before[head]


def _gone_before(
    kind: NDArray[np.int64],
    open_before: NDArray[np.int64],
    less: NDArray[np.bool_],
    head: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Rows about an order that was deleted or used up by earlier rows."""
    deleted = (kind == Message.DELETE).astype(np.int64)
    return (_given_before(deleted, head) > 0) | (less & (open_before <= 0))
