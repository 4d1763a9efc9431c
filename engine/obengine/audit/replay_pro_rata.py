"""The trades that pro-rata matching must give at a level, from what the events have shown of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

Shares = deque[tuple[int, int]]
"""Order id and lots of each trade to come."""


def expected_shares(
    rule: tuple[int, int], lots: int, sizes: Iterable[tuple[int, int]], top: int | None
) -> Shares:
    """The shares of a level, in queue order.

    Args:
        rule: the least allocation and the most lots of the top order.
        lots: the open lots of the taker.
        sizes: order id and lots of each order, in queue order.
        top: the id of the top order of the side.
    """
    least, most = rule
    rows = [[order_id, size, 0] for order_id, size in sizes]
    for row in rows:
        if row[0] == top:
            row[2] = min(lots, row[1], most)
    left = lots - sum(row[2] for row in rows)
    total = sum(row[1] - row[2] for row in rows)
    for row in rows:
        share = left * (row[1] - row[2]) // total if total > left else row[1] - row[2]
        row[2] += share if share >= least or total <= left else 0
    left = lots - sum(row[2] for row in rows)
    for row in rows:
        by_time = max(min(left, row[1] - row[2]), 0)
        row[2] += by_time
        left -= by_time
    return deque((order_id, traded) for order_id, _, traded in rows if traded)
