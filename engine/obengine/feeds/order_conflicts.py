"""What the messages of a LOBSTER file say of one order, held against each other over the whole day.

An order has one price and one side, is introduced once, and gives away no more than it has. What lies
outside the levels of a file has no message, so an order may have less left than its messages tell, or
be gone; it never has more. Rows are compared whether or not the order is in view.
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
    """How a row contradicts the rows before it that name its order."""

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
    """A field that contradicts what its order is known to be.

    Attributes:
        conflict: how.
        line, column: where in the message file, from 1.
        value: the field.
        known: what it should have been (at most, for a size); the order's id where the id is at fault.
    """

    conflict: ConflictKind
    line: int
    column: int
    value: int
    known: int


def order_conflicts(rows: Rows) -> tuple[OrderConflict, ...]:
    """All contradictions among the messages of a day, by line; at most one a kind and row.

    A row that introduces an open order again starts it anew, and later rows are held against that.
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
    """What an order had given away before each of its rows, since the row that `head` names."""
    before = np.cumsum(given) - given
    return before - before[head]


def _gone_before(
    kind: NDArray[np.int64],
    open_before: NDArray[np.int64],
    less: NDArray[np.bool_],
    head: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Rows about an order that is deleted, or has given all away, by the rows before."""
    deleted = (kind == Message.DELETE).astype(np.int64)
    return (_given_before(deleted, head) > 0) | (less & (open_before <= 0))
