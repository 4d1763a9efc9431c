"""The change of one row between two sides, as a ratio and as a difference.

Values above zero compare as ratios: their logs are averaged. Where a run has a zero or a negative value,
differences compare, on a scale that does not depend on the unit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.comparison.compared_rows import ComparedRow
from obrelease.analysis.statistics.mean_difference import MeanDifference, mean_difference
from obrelease.analysis.statistics.power import MAX_LOG_RATIO

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RowEffect:
    """The change of a row.

    Attributes:
        base, head: the mean of each side in the row's unit: the geometric mean if `is_ratio`.
        ratio: head over base; infinite beyond double range, None if it has no meaning.
        ratio_low, ratio_high: the ends of its interval; None below two runs a side.
        change, low, high: the same on the scale of the test: logs, or differences in the row's unit.
        deviation, error: of the values of a side, and of `change`, on that scale; None below two runs a side.
        is_ratio: whether that scale is logarithmic.
        control_ratio: every second base run over the others: the noise without any change.
    """

    base: float
    head: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    change: float
    low: float | None
    high: float | None
    deviation: float | None
    error: float | None
    is_ratio: bool
    control_ratio: float | None

    def limit(self, threshold_percent: float) -> float:
        """A change of so many percent, on the scale of the test."""
        share = threshold_percent / 100
        return math.log1p(share) if self.is_ratio else share * abs(self.base)

    def percent(self, change: float) -> float | None:
        """A change on the scale of the test in percent of the base; None beyond double range."""
        if self.is_ratio:
            return 100 * math.expm1(change) if change <= MAX_LOG_RATIO else None
        return 100 * change / abs(self.base) if self.base else None


def scaled_values(row: ComparedRow) -> tuple[Floats, Floats, float]:
    """The values of both sides on the scale of the test, and what one of that scale is on that of effects.

    They are logs, or shares of the mean absolute value of all runs.
    """
    pooled = np.concatenate((row.base, row.head))
    if _is_ratio(pooled):
        return np.log(row.base), np.log(row.head), 1.0
    size = float(np.nanmean(np.abs(pooled))) or 1.0
    return row.base / size, row.head / size, size


def row_effects(rows: Sequence[ComparedRow], confidence: float) -> list[RowEffect]:
    """The change of each row; all rows must have the same numbers of runs."""
    if not rows:
        return []
    base, head = np.stack([row.base for row in rows]), np.stack([row.head for row in rows])
    ratio = np.logical_not((np.concatenate((base, head), axis=1) <= 0).any(axis=1)).reshape(-1)
    first, second = (
        np.where(ratio[:, None], np.log(np.where(ratio[:, None], side, 1.0)), side) for side in (base, head)
    )
    found = mean_difference(first, second, confidence=confidence)
    control = mean_difference(first[:, 1::2], first[:, ::2], confidence=confidence).difference
    means = [np.nansum(side, axis=1) / (~np.isnan(side)).sum(axis=1) for side in (first, second)]
    return [
        _effect(bool(ratio[place]), float(means[0][place]), float(means[1][place]), found, control, place)
        for place in range(len(rows))
    ]


def _effect(
    is_ratio: bool, base: float, head: float, found: MeanDifference, control: Floats, place: int
) -> RowEffect:
    change, low, high, deviation, error = (
        None if math.isnan(value := float(column[place])) else value
        for column in (found.difference, found.low, found.high, found.deviation, found.error)
    )
    assert change is not None
    noise = float(control[place])
    if is_ratio:
        ratios = [None if each is None else _exp(each) for each in (change, low, high)]
        return RowEffect(
            base=_exp(base),
            head=_exp(head),
            ratio=ratios[0],
            ratio_low=ratios[1],
            ratio_high=ratios[2],
            change=change,
            low=low,
            high=high,
            deviation=deviation,
            error=error,
            is_ratio=True,
            control_ratio=None if math.isnan(noise) else _exp(noise),
        )
    ends = [None if each is None or base <= 0 else 1 + each / base for each in (low, high)]
    return RowEffect(
        base=base,
        head=head,
        ratio=_plain_ratio(base, head),
        ratio_low=ends[0],
        ratio_high=ends[1],
        change=change,
        low=low,
        high=high,
        deviation=deviation,
        error=error,
        is_ratio=False,
        control_ratio=None,
    )


def _is_ratio(values: Floats) -> bool:
    return not bool((values <= 0).any())


def _plain_ratio(base: float, head: float) -> float | None:
    """Head over base where both are 0 or more; 0 over 0 is 1."""
    if base < 0 or head < 0:
        return None
    if base == 0:
        return 1.0 if head == 0 else math.inf
    return head / base


def _exp(value: float) -> float:
    return math.exp(value) if value <= 709 else math.inf
