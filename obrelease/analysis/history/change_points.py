"""The change points of one series: steps, drifts and what is not yet decided.

Logs of the values, spikes moved to three standard deviations of a running median; a partition with a penalty
from the long-run variance; lines where they describe several segments better; the newest points as a set.
The same values give the same bits on every machine. `scripts/calibrate_history.py` measures false alarms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.history.drift import Line, find_drifts
from obrelease.analysis.history.fresh_step import FreshStep, find_fresh_step
from obrelease.analysis.history.noise import Noise, estimate_noise, tame_spikes
from obrelease.analysis.history.segments import Place, locate, partition
from obrelease.analysis.statistics.exact_log import Floats, exact_exp, exact_log

LEAST_POINTS: Final = 12
"""Series of fewer points are not searched: their noise is unknown."""

PENALTY: Final = 2.7
"""A segment must save this many times ln(n) long-run variances."""

_SHORT_SERIES: Final = 16
"""A short series does not show how correlated its noise is: its variance counts as higher."""

_LEAST_SD: Final = 2e-4
"""Relative changes below this are not resolved by any clock."""

_NEAR: Final = 3
"""Points around a fresh step that may be its first one."""

_LINE_END_ERRORS: Final = 2.0
"""The error of the end of a fitted line, in errors of its mean."""

_NORMAL_95: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Step:
    """A change from one level to another.

    Attributes:
        index: of the first point of the new level; `low` and `high` hold it with 95 %.
        ratio: new level over old level, with its 95 % interval; None for series with values of zero or below.
        before, after: the levels, in the unit of the series.
        standard_errors: the size of the step in standard errors of the difference.
        fresh: found by the test of the newest points, not yet by the partition.
    """

    index: int
    low: int
    high: int
    before: float
    after: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    standard_errors: float
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Drift:
    """A slow change from the point `begin` to the point `last`, and the levels at both ends."""

    begin: int
    last: int
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Possible:
    """A step that is not decided: `more_points` would decide it if the new level stays."""

    index: int
    ratio: float | None
    standard_errors: float
    more_points: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What a series shows: its steps and drifts in order, and what is not yet decided.

    Attributes:
        levels: of each segment: index of the first point, and the level in the unit of the series.
        relative_sd: noise of one point, as a share of the level (in the unit for series around zero).
    """

    steps: tuple[Step, ...]
    drifts: tuple[Drift, ...]
    possible: Possible | None
    levels: tuple[tuple[int, float], ...]
    relative_sd: float
    correlation: float


@dataclass(frozen=True, slots=True)
class _Scale:
    """Logs, or the values themselves if one of them is not above zero."""

    logs: bool

    def back(self, value: float) -> float:
        return float(exact_exp(np.array([value]))[0]) if self.logs else value

    def ratio(self, shift: float) -> float | None:
        return self.back(shift) if self.logs else None


def find_changes(values: Sequence[float], *, groups: Sequence[int] | None = None) -> Changes | None:
    """Find the change points of a series.

    Args:
        values: in the order of the history; finite.
        groups: equal numbers for points that belong together, such as runs of one commit; a level begins
            with a group.

    Returns:
        None for fewer than `LEAST_POINTS` values.
    """
    given = np.array(values, dtype=np.float64)
    if given.size < LEAST_POINTS:
        return None
    scale = _Scale(logs=bool((given > 0).all()))
    series = exact_log(given) if scale.logs else given
    least_sd = _LEAST_SD if scale.logs else _LEAST_SD * max(float(np.abs(given).max()), 1e-300)
    tamed = tame_spikes(series)
    estimated = estimate_noise(tamed, least_sd=least_sd)
    noise = replace(estimated, variance=estimated.variance * (1 + _SHORT_SERIES / given.size))
    allowed = _allowed(groups)
    penalty = PENALTY * math.log(given.size) * noise.long_run_variance
    begins = partition(tamed, penalty=penalty, allowed=allowed)
    lines = find_drifts(tamed, begins, penalty=penalty)
    places = _places(tamed, begins, lines, noise, allowed)
    drifting = bool(lines) and lines[-1].end == given.size
    start = places[-1].index if places else 0
    fresh = None if drifting else find_fresh_step(series, noise, start=start, allowed=allowed)
    return _changes(noise, scale, _pieces(tamed, noise, places, lines, fresh), lines, fresh)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A level or a line, on the scale of the analysis: its values at both ends and their error.

    Attributes:
        joined: it goes on from the piece before: there is no step between them.
    """

    place: Place
    first: float
    last: float
    error: float
    joined: bool = False
    fresh: bool = False


def _pieces(
    tamed: Floats, noise: Noise, places: Sequence[Place], lines: Sequence[Line], fresh: FreshStep | None
) -> list[_Piece]:
    """The levels and lines in order."""
    by_begin, by_end = {line.begin: line for line in lines}, {line.end: line for line in lines}
    begins = [Place(0, 0, 0), *places]
    fresh_begin = fresh.begin if fresh is not None and fresh.more_points == 0 else None
    if fresh is not None and fresh_begin is not None:
        low = max(fresh.before + 1, fresh_begin - _NEAR)
        begins.append(Place(fresh_begin, low, min(tamed.size - 1, fresh_begin + _NEAR)))
    pieces = []
    for place, after in zip(begins, [*begins[1:], None], strict=True):
        begin, end = place.index, after.index if after else tamed.size
        line, ended = by_begin.get(begin), by_end.get(begin)
        mean = math.fsum(tamed[begin:end]) / (end - begin)
        pieces.append(
            _Piece(
                place,
                first=line.first if line else mean,
                last=line.last if line else mean,
                error=math.sqrt(noise.variance_of_mean(end - begin)) * (_LINE_END_ERRORS if line else 1.0),
                joined=bool((line and line.joined_before) or (ended and ended.joined_after)),
                fresh=begin == fresh_begin,
            )
        )
    return pieces


def _places(
    tamed: Floats,
    begins: Sequence[int],
    lines: Sequence[Line],
    noise: Noise,
    allowed: NDArray[np.bool_] | None,
) -> list[Place]:
    """Where each level and each line begins; the ends of lines are known from their fit."""
    ends = {end for line in lines for end in (line.begin, line.end)} - {0, tamed.size}
    outside = {begin for begin in begins if not any(line.begin <= begin <= line.end for line in lines)}
    edges = sorted(ends | outside)
    located = locate(tamed, edges, long_run_variance=noise.long_run_variance, allowed=allowed)
    return [
        Place(edge, edge, edge) if edge in ends else place for edge, place in zip(edges, located, strict=True)
    ]


def _changes(
    noise: Noise, scale: _Scale, pieces: Sequence[_Piece], lines: Sequence[Line], fresh: FreshStep | None
) -> Changes:
    possible = None
    if fresh is not None and fresh.more_points:
        ratio = scale.ratio(fresh.shift)
        possible = Possible(fresh.begin, ratio, fresh.standard_errors, fresh.more_points)
    return Changes(
        steps=tuple(_step(before, after, scale) for before, after in pairwise(pieces) if not after.joined),
        drifts=tuple(
            Drift(line.begin, line.end - 1, scale.back(line.first), scale.back(line.last)) for line in lines
        ),
        possible=possible,
        levels=tuple((piece.place.index, scale.back(piece.first)) for piece in pieces),
        relative_sd=noise.sd,
        correlation=noise.correlation,
    )


def _step(before: _Piece, after: _Piece, scale: _Scale) -> Step:
    error = math.hypot(before.error, after.error)
    shift = after.first - before.last
    return Step(
        index=after.place.index,
        low=after.place.low,
        high=after.place.high,
        before=scale.back(before.last),
        after=scale.back(after.first),
        ratio=scale.ratio(shift),
        ratio_low=scale.ratio(shift - _NORMAL_95 * error),
        ratio_high=scale.ratio(shift + _NORMAL_95 * error),
        standard_errors=abs(shift) / error,
        fresh=after.fresh,
    )


def _allowed(groups: Sequence[int] | None) -> NDArray[np.bool_] | None:
    if groups is None:
        return None
    of = np.array(groups)
    return np.concatenate((np.ones(1, dtype=bool), of[1:] != of[:-1], np.ones(1, dtype=bool)))
