"""Validation of the rows of a LOBSTER file; errors name the first invalid field."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import FeedError
from obengine.api.messages import MAX_QTY
from obengine.feeds.integer_csv import NANOS, IntegerCsv, Rows
from obengine.feeds.lobster_window import NO_ASK, NO_BID, Message

DAY_NS: Final = 86_400 * NANOS

_TIME, _TYPE, _ID, _SIZE, _PRICE, _DIRECTION = range(6)


def check_message_rows(rows: Rows, line: int, last_ns: int, source: IntegerCsv) -> int:
    """Validate a block of messages that starts at `line`; return the time of its last row.

    Raises:
        FeedError: the first invalid field.
    """
    kind, price = rows[:, _TYPE], rows[:, _PRICE]
    limit = kind <= Message.HIDDEN
    halt = kind == Message.HALT
    cross = kind == Message.CROSS
    direction = rows[:, _DIRECTION]
    before = np.concatenate(([last_ns], rows[:-1, _TIME]))
    _refuse(
        line,
        source,
        (
            (_TIME, rows[:, _TIME] < before, "time decreases"),
            (_TIME, rows[:, _TIME] > DAY_NS, "time beyond the day"),
            (_TYPE, (kind < Message.NEW) | (kind > Message.HALT), "not a message type (1 to 7)"),
            (_ID, (kind <= Message.EXECUTE) & (rows[:, _ID] < 1), "not an order id"),
            (_SIZE, limit & ((rows[:, _SIZE] < 1) | (rows[:, _SIZE] > MAX_QTY)), "not a size"),
            (_PRICE, limit & ((price < 1) | (price >= NO_ASK)), "not a price"),
            (_PRICE, halt & (np.abs(price) > 1), "not a halt indicator (-1, 0 or 1)"),
            (_SIZE, cross & ((rows[:, _SIZE] < 0) | (rows[:, _SIZE] > MAX_QTY)), "not a size"),
            (_PRICE, cross & ((price < 0) | (price >= NO_ASK)), "not a price"),
            (_DIRECTION, np.abs(direction) > 1, "not a direction (1 or -1)"),
            (_DIRECTION, limit & (direction == 0), "not a direction (1 or -1)"),
        ),
    )
    return int(rows[-1, _TIME])


def check_book_rows(rows: Rows, line: int, source: IntegerCsv) -> None:
    """Validate a block of orderbook rows: ordered levels with sizes, empty levels last.

    Raises:
        FeedError: the first invalid field.
    """
    if rows.shape[1] % 4:
        text = f"{rows.shape[1]} fields"
        raise FeedError("not four fields per level", file=source.file, line=line, column=None, value=text)
    found: list[tuple[int, NDArray[np.bool_], str]] = []
    for offset, none, sign in ((0, NO_ASK, 1), (2, NO_BID, -1)):
        for column in range(offset, rows.shape[1], 4):
            price, size = rows[:, column], rows[:, column + 1]
            empty = price == none
            found.append((column, ~empty & ((price < 1) | (price >= NO_ASK)), "not a price"))
            if column > offset:
                worse = (price - rows[:, column - 4]) * sign <= 0
                both_empty = empty & (rows[:, column - 4] == none)
                found.append((column, worse & ~both_empty, "level not worse than the previous one"))
            wrong = np.where(empty, size != 0, (size < 1) | (size > MAX_QTY))
            found.append((column + 1, wrong, "not a level size"))
    _refuse(line, source, tuple(found))
    if line == 1 and rows[0, 0] <= rows[0, 2]:
        value = source.as_written(1, 3)
        raise FeedError("the first row is crossed", file=source.file, line=1, column=3, value=value)


def _refuse(line: int, source: IntegerCsv, rules: tuple[tuple[int, NDArray[np.bool_], str], ...]) -> None:
    broken = [(int(np.argmax(bad)), column, reason) for column, bad, reason in rules if bad.any()]
    if broken:
        row, column, reason = min(broken)
        value = source.as_written(line + row, column + 1)
        raise FeedError(reason, file=source.file, line=line + row, column=column + 1, value=value)
