"""Drifts: stretches where a line describes the series better than the steps that were found in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.history.segments import LEAST_SEGMENT
from obrelease.analysis.statistics.exact_log import Floats

Indices = NDArray[np.int64]

MAX_SEGMENTS: Final = 200
"""A series of more segments is not searched for drifts: it has no stretch that is nearly a line."""


LINE_PENALTIES: Final = 1.5
"""What a line costs more than a level: two steps with noise between them are nearly a line."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line over the points from `begin` to `end - 1`: its values at both ends.

    Attributes:
        joined_before, joined_after: it goes on from the level before it, or the level after goes on from it.
    """

    begin: int
    end: int
    first: float
    last: float
    joined_before: bool = False
    joined_after: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    begin: int
    end: int
    is_line: bool
    joined_before: bool = False


def find_drifts(values: Floats, begins: list[int], *, penalty: float) -> list[Line]:
    """The stretches, each of at least two segments, that a line describes at less cost than their levels.

    The cheapest path over the edges of the segments, where an edge is a level (its squares), or a line over
    several segments (its squares and `LINE_PENALTIES`); each further edge costs a penalty. Where a line
    meets a level, the point where it begins or ends is then the one of least squares.
    """
    edges = np.array([0, *begins, values.size])
    if not begins or edges.size > MAX_SEGMENTS:
        return []
    fits = _Fits(values)
    path = _cheapest_path(fits, edges, penalty)
    pieces = [_Piece(int(edges[start]), int(edges[to]), to - start > 1) for start, to in pairwise(path)]
    for number in range(1, len(pieces)):
        pieces[number - 1 : number + 1] = _meeting(fits, pieces[number - 1], pieces[number], penalty)
    after = [*(piece.joined_before for piece in pieces[1:]), False]
    return [
        replace(
            fits.line_over(piece.begin, piece.end), joined_before=piece.joined_before, joined_after=joined
        )
        for piece, joined in zip(pieces, after, strict=True)
        if piece.is_line
    ]


def _cheapest_path(fits: _Fits, edges: Indices, penalty: float) -> list[int]:
    cost = np.zeros(edges.size)
    origin = [0] * edges.size
    for to in range(1, edges.size):
        starts = np.arange(to)
        end = np.full(to, edges[to])
        squares = fits.line(edges[starts], end) + LINE_PENALTIES * penalty
        squares[-1] = fits.level(edges[to - 1 : to], end[-1:])[0]
        total = cost[:to] + squares + np.where(starts > 0, penalty, 0.0)
        origin[to] = int(np.argmin(total))
        cost[to] = total[origin[to]]
    path = [edges.size - 1]
    while path[-1] > 0:
        path.append(origin[path[-1]])
    return path[::-1]


def _meeting(fits: _Fits, before: _Piece, after: _Piece, penalty: float) -> list[_Piece]:
    """Two neighbours with the edge between them moved to where a level and a line describe them best.

    They are joined if that costs less than a penalty.
    """
    begin, end = before.begin, after.end
    at = np.arange(begin + LEAST_SEGMENT, end - LEAST_SEGMENT + 1)
    if before.is_line == after.is_line or at.size == 0:
        return [before, after]
    first, last = np.full(at.size, begin), np.full(at.size, end)
    if after.is_line:
        apart = fits.level(first, at) + fits.line(at, last)
    else:
        apart = fits.line(first, at) + fits.level(at, last)
    joined = fits.bent(begin, at, end, line_first=before.is_line)
    is_joined = bool(joined.min() <= apart.min() + penalty)
    edge = int(at[np.argmin(joined if is_joined else apart)])
    return [replace(before, end=edge), replace(after, begin=edge, joined_before=is_joined)]


class _Fits:
    """Sums of squares around a level or a line over any stretch, from running sums."""

    def __init__(self, values: Floats) -> None:
        at = np.arange(values.size, dtype=np.float64)
        self._centre = float(np.median(values))
        centred = values - self._centre
        rows = np.stack((centred, centred * centred, centred * at))
        self._sums = np.concatenate((np.zeros((3, 1)), np.cumsum(rows, axis=1)), axis=1)

    def level(self, begin: Indices, end: Indices) -> Floats:
        """Squares around the mean of each stretch."""
        first, second, _ = self._sums[:, end] - self._sums[:, begin]
        return np.asarray(second - first * first / (end - begin))

    def line(self, begin: Indices, end: Indices) -> Floats:
        """Squares around the line of each stretch."""
        first, second, moved, spread = self._moments(begin, end)
        return np.asarray(second - first * first / (end - begin) - moved * moved / spread)

    def bent(self, begin: int, at: Indices, end: int, *, line_first: bool) -> Floats:
        """Squares around a level that a line goes on from at each of `at`, or a line that ends in a level."""
        whole = self._sums[:, end] - self._sums[:, begin]
        if line_first:
            part = self._sums[:, at] - self._sums[:, begin][:, None]
            count, moved = at - begin, at * part[0] - part[2]
        else:
            part = self._sums[:, end][:, None] - self._sums[:, at]
            count, moved = end - at, part[2] - (at - 1) * part[0]
        points = end - begin
        mean = whole[0] / points
        run = count * (count + 1.0) / 2
        spread = count * (count + 1.0) * (2 * count + 1) / 6 - run * run / points
        cross = moved - run * mean
        return np.asarray(whole[1] - whole[0] * mean - cross * cross / spread)

    def line_over(self, begin: int, end: int) -> Line:
        """The line of one stretch."""
        first, _, moved, spread = self._moments(np.array(begin), np.array(end))
        mean = float(first) / (end - begin) + self._centre
        half = float(moved / spread) * (end - begin - 1) / 2
        return Line(begin, end, mean - half, mean + half)

    def _moments(self, begin: Indices, end: Indices) -> tuple[Floats, Floats, Floats, Floats]:
        first, second, moment = self._sums[:, end] - self._sums[:, begin]
        count = end - begin
        return first, second, moment - (begin + end - 1) / 2 * first, count * (count * count - 1.0) / 12
