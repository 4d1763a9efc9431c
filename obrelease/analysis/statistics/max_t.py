"""The step-down max-T test: many metrics of the same runs, tested together.

P. Westfall and S. Young, "Resampling-based multiple testing", 1993, algorithm 2.8. Under the hypothesis
that nothing changed, every division of the runs into two sides is equally likely. For each division all
metrics are computed, and the largest of their statistics is kept. The share of divisions in which that
maximum reaches the observed statistic is the p-value, corrected for all metrics and for whatever ties them
together. Sampled divisions count the observed one as well: B. Phipson and G. Smyth, "Permutation p-values
should never be zero", 2010.

The statistic is the difference of the sides' means over its standard error, with a floor added to the
variance: among many metrics some variances are small by chance, and would make large statistics of nothing
(V. Tusher, R. Tibshirani and G. Chu, "Significance analysis of microarrays", 2001). No library has the
step-down with missing values and a floor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.statistics.run_splits import Bools, RunSplits, run_splits

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

VARIANCE_FLOOR: Final = 0.25
"""The floor of a variance, as a share of the median variance of metrics of its kind."""

_TIE: Final = 1 - 1e-9
_ROUNDING: Final = 1e-12
_BLOCK_CELLS: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class MetricTable:
    """The values of metrics in runs that may be divided anew.

    Attributes:
        values: float64 [metrics, runs], on a scale where differences compare (logs); NaN where a run has
            no value. The order of the runs must not depend on their sides.
        in_base: bool [runs].
        kind: int64 [metrics]; metrics of one kind share a variance floor.
        floor_scale: float64 [metrics]: factor of the floor.
    """

    values: Floats
    in_base: Bools
    kind: Integers
    floor_scale: Floats


@dataclass(frozen=True, slots=True)
class StepDownResult:
    """The test of each metric of a table.

    Attributes:
        statistic: the observed one, at least 0.
        p_value: of the metric alone.
        p_adjusted: corrected for every metric of all tables.
    """

    statistic: Floats
    p_value: Floats
    p_adjusted: Floats


def step_down(tables: Sequence[PreparedTable]) -> tuple[StepDownResult, ...]:
    """Test all metrics of all tables together.

    Tables have different runs, which are divided independently: the probability that no maximum of any
    table reaches a statistic is the product of the tables' probabilities. So a level needs no division
    among the tables.
    """
    if not tables:
        return ()
    observed = [each.observed for each in tables]
    pooled = np.concatenate(observed)
    order = np.argsort(-pooled, kind="stable")
    reached = np.ones(pooled.size)
    alone: list[Floats] = []
    start = 0
    for each, statistics in zip(tables, observed, strict=True):
        positions = np.arange(start, start + statistics.size)
        start += statistics.size
        shares, single = each.tail_shares(pooled, positions)
        reached *= 1 - shares
        alone.append(single)
    adjusted = np.empty(pooled.size)
    adjusted[order] = np.maximum.accumulate((1 - reached)[order])
    ends = np.cumsum([statistics.size for statistics in observed])[:-1]
    return tuple(
        StepDownResult(*parts) for parts in zip(observed, alone, np.split(adjusted, ends), strict=True)
    )


@dataclass(frozen=True, slots=True)
class PreparedTable:
    """A table with what does not depend on the division: centred values and sums of squares."""

    centred: Floats
    present: Floats | None
    squares: Floats
    freedom: Floats
    kind: Integers
    floor_scale: Floats
    splits: RunSplits
    side: Bools

    @classmethod
    def of(cls, table: MetricTable, *, draws: int, seed: int) -> PreparedTable:
        """Centre the values of each metric.

        Args:
            draws: divisions to sample if there are more than `MAX_SPLITS`.
            seed: of the sample.
        """
        known = ~np.isnan(table.values)
        counts = known.sum(axis=1)
        filled = np.where(known, table.values, 0.0)
        means = filled.sum(axis=1) / np.maximum(counts, 1)
        centred = np.where(known, table.values - means[:, None], 0.0)
        largest = np.abs(filled).max(axis=1, initial=0.0)
        centred[np.abs(centred) <= _ROUNDING * largest[:, None]] = 0.0
        base = int(table.in_base.sum())
        return cls(
            centred=centred,
            present=None if bool(known.all()) else known.astype(np.float64),
            squares=(centred**2).sum(axis=1),
            freedom=(counts - 2).astype(np.float64),
            kind=table.kind,
            floor_scale=table.floor_scale,
            splits=run_splits(base, table.in_base.size - base, draws=draws, seed=seed),
            side=_canonical_side(table.in_base),
        )

    @property
    def observed(self) -> Floats:
        """The statistic of each metric in the division that was measured."""
        return self.statistics(self.side[None, :])[:, 0]

    def statistics(self, chosen: Bools) -> Floats:
        """The statistic of every metric, float64 [metrics, splits], for divisions bool [splits, runs]."""
        difference, variance, inverse_sizes = self.moments(chosen)
        variance = variance + self.floors(variance)
        error = np.sqrt(variance * inverse_sizes)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = difference / error
        found[difference == 0] = 0.0
        found[self.freedom <= 0] = 0.0
        return np.asarray(found)

    def moments(self, chosen: Bools) -> tuple[Floats, Floats, Floats]:
        """Absolute differences of means, pooled variances, and 1/n + 1/m, each [metrics, splits]."""
        weights = chosen.T.astype(np.float64)
        first = self.centred @ weights
        second = self.centred.sum(axis=1)[:, None] - first
        if self.present is None:
            size = float(chosen[0].sum())
            sizes: tuple[Floats, Floats] = (
                np.full((1, 1), size),
                np.full((1, 1), chosen.shape[1] - size),
            )
        else:
            one = self.present @ weights
            sizes = one, self.present.sum(axis=1)[:, None] - one
        empty = (sizes[0] == 0) | (sizes[1] == 0)
        n, m = (np.where(empty, 1.0, each) for each in sizes)
        difference = np.where(empty, 0.0, np.abs(first / n - second / m))
        within = self.squares[:, None] - first**2 / n - second**2 / m
        within[within <= _ROUNDING * self.squares[:, None]] = 0.0
        variance = within / np.maximum(self.freedom, 1.0)[:, None]
        return difference, variance, 1 / n + 1 / m

    def floors(self, variance: Floats) -> Floats:
        """The floor of each variance: from the median over metrics of its kind that vary at all."""
        floors = np.zeros((self.squares.size, variance.shape[1]))
        varies = (self.squares > 0) & (self.freedom > 0)
        for kind in np.unique(self.kind):
            members = self.kind == kind
            if (counted := members & varies).any():
                floors[members] = VARIANCE_FLOOR * np.median(variance[counted], axis=0)
        return floors * self.floor_scale[:, None] ** 2

    def blocks(self) -> Iterator[Bools]:
        """The divisions, a bounded number at a time."""
        step = max(1, _BLOCK_CELLS // max(self.squares.size, 1))
        for start in range(0, self.splits.chosen.shape[0], step):
            yield self.splits.chosen[start : start + step]

    def tail_shares(self, thresholds: Floats, own: Integers) -> tuple[Floats, Floats]:
        """How often the maximum over the metrics reaches each threshold, and each metric its own statistic.

        Only metrics whose observed statistic is at most the threshold count: the others were decided
        in an earlier step.

        Args:
            thresholds: of all tables, float64 [all metrics].
            own: the positions of this table's metrics among them.
        """
        observed = self.observed
        order = np.argsort(-observed, kind="stable")
        descending = observed[order]
        first = np.searchsorted(-descending, -thresholds, side="left")
        counted = np.flatnonzero(first < descending.size)
        needed = thresholds[counted] * _TIE
        counts = np.zeros(thresholds.size)
        alone = np.zeros(observed.size)
        for chosen in self.blocks():
            found = self.statistics(chosen)
            alone += (found >= observed[:, None] * _TIE).sum(axis=1)
            largest = np.maximum.accumulate(found[order][::-1], axis=0)[::-1]
            counts[counted] += (largest[first[counted]] >= needed[:, None]).sum(axis=1)
        if not self.splits.complete:
            alone += 1
            counts[own] += 1
        shares, alone = (np.minimum(each / self.splits.number, 1.0) for each in (counts, alone))
        return shares, alone

    def other_maxima(self, members: Bools) -> Floats:
        """The largest statistic of the chosen metrics in every division but the observed one, ascending."""
        parts = [
            self.statistics(chosen[(chosen != self.side).any(axis=1)])[members].max(axis=0, initial=0.0)
            for chosen in self.blocks()
        ]
        return np.sort(np.concatenate(parts))


def _canonical_side(in_base: Bools) -> Bools:
    """The observed division as `run_splits` writes it: the smaller side, or the one with the first run."""
    base = int(in_base.sum())
    if 2 * base == in_base.size:
        return in_base if bool(in_base[0]) else ~in_base
    return in_base if 2 * base < in_base.size else ~in_base
