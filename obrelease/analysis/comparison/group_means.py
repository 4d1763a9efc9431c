"""Geometric means of ratios over the metrics of a group, with an interval over the runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from obrelease.analysis.comparison.compared_rows import ComparedRow
from obrelease.analysis.statistics.mean_difference import mean_difference
from obrelease.models.labels_and_directions import Direction


@dataclass(frozen=True, slots=True)
class GroupMean:
    """The geometric mean of head over base, over all metrics of a group.

    Attributes:
        group: the tool's own group; empty for metrics without one.
        metrics: how many metrics it is the mean of.
        low, high: the ends of its interval over the runs; None below two runs a side.
    """

    group: str
    unit: str
    direction: Direction | None
    metrics: int
    ratio: float
    low: float | None
    high: float | None


def group_means(rows: Sequence[ComparedRow], confidence: float) -> tuple[GroupMean, ...]:
    """The means of every group, unit and direction that has two metrics or more.

    Only locations of primary metrics count, above zero and in every run, so that each run is weighed
    alike. Each run has one value, the mean log over the metrics: the interval counts what they share.
    """
    groups: dict[tuple[str, str, Direction | None], list[ComparedRow]] = {}
    for row in rows:
        if row.figure == "location" and row.primary and _is_everywhere_positive(row):
            groups.setdefault((row.group or "", row.unit, row.direction), []).append(row)
    return tuple(_mean(key, members, confidence) for key, members in groups.items() if len(members) > 1)


def _mean(
    key: tuple[str, str, Direction | None], members: Sequence[ComparedRow], confidence: float
) -> GroupMean:
    sides = (
        np.log(np.stack([getattr(row, side) for row in members])).mean(axis=0)[None, :]
        for side in ("base", "head")
    )
    found = mean_difference(*sides, confidence=confidence)
    with np.errstate(over="ignore"):
        ratio, low, high = (float(np.exp(end[0])) for end in (found.difference, found.low, found.high))
    known = math.isfinite(low) and math.isfinite(high)
    return GroupMean(*key, len(members), ratio, low if known else None, high if known else None)


def _is_everywhere_positive(row: ComparedRow) -> bool:
    return bool((row.base > 0).all() and (row.head > 0).all())
