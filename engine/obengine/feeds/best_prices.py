"""The best price of every row, from changes of lots: without a book, by whole columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def best_of_rows(
    keys: NDArray[np.int64], change: NDArray[np.int64], rows: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each row, the smallest key with lots, and its lots; 0 if no key has lots.

    Args:
        keys, change, rows: for each change its key, the added lots, and its row, ascending.
        size: the number of rows.
    """
    order = np.argsort(keys, kind="stable")
    keys, rows, running = keys[order], rows[order], np.cumsum(change[order])
    unique, starts, rank = np.unique(keys, return_index=True, return_inverse=True)
    totals = running - np.concatenate(([0], running))[starts][rank]
    last = np.ones(keys.size, dtype=bool)
    last[:-1] = (rank[1:] != rank[:-1]) | (rows[1:] != rows[:-1])
    rank, rows, totals = rank[last], rows[last], totals[last]
    until = np.full(rank.size, size)
    same = rank[1:] == rank[:-1]
    until[:-1][same] = rows[1:][same]
    held = totals > 0
    best = _min_cover(rows[held], until[held], rank[held], size, unique.size)
    at = np.searchsorted(rank * np.int64(size) + rows, best * size + np.arange(size), side="right") - 1
    known = best < unique.size
    lots = np.where(known, totals[at] if totals.size else 0, 0)
    return np.append(unique, 0)[best], lots


def _min_cover(
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    values: NDArray[np.int64],
    size: int,
    none: int,
) -> NDArray[np.int64]:
    """For each of `size` positions, the minimum of the intervals [start, end) that cover it, or `none`.

    An interval is covered by two blocks whose length is a power of two. From the longest blocks down, each
    block passes its value to its two halves (a reversed sparse table).
    """
    lengths = ends - starts
    power = np.frexp(np.maximum(lengths, 1))[1] - 1
    least = np.full(size, none, dtype=np.int64)
    for level in range(int(power.max(initial=0)), -1, -1):
        own = np.flatnonzero((power == level) & (lengths > 0))
        np.minimum.at(least, starts[own], values[own])
        np.minimum.at(least, ends[own] - (1 << level), values[own])
        if level:
            half = 1 << (level - 1)
            handed = least.copy()
            handed[half:] = np.minimum(handed[half:], least[: max(size - half, 0)])
            least = handed
    return least
