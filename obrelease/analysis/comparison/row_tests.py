"""The tests of all rows of one or several comparisons, which share one level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.comparison.compared_rows import ComparedRow
from obrelease.analysis.comparison.row_effect import RowEffect, scaled_values
from obrelease.analysis.comparison.verdict import Rules, too_few_runs
from obrelease.analysis.statistics.max_t import MetricTable, PreparedTable, step_down
from obrelease.analysis.statistics.power import POWER, critical_statistics, own_critical_statistic
from obrelease.analysis.statistics.student_t import t_quantile

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RowTest:
    """The test of one row; all None if it was not tested.

    Attributes:
        needed_change: the smallest observed change that the test would find, on the scale of the row's
            effect; None if it would find none.
    """

    p_value: float | None = None
    p_adjusted: float | None = None
    method: Literal["exact", "sampled"] | None = None
    needed_change: float | None = None

    def detectable_percent(
        self, effect: RowEffect, runs: tuple[int, int], threshold_percent: float, confidence: float
    ) -> float | None:
        """The true change that would be called better or worse four times in five, in percent of the base.

        The observed change must be significant, have an interval that excludes no change, and reach the
        threshold; the true one must be larger by what an observed one misses one time in five.
        """
        if self.needed_change is None or effect.error is None:
            return None
        freedom = sum(runs) - 2
        interval = t_quantile((1 + confidence) / 2, freedom) * effect.error
        smallest = max(self.needed_change, interval, effect.limit(threshold_percent))
        return effect.percent(smallest + t_quantile(POWER, freedom) * effect.error)


@dataclass(frozen=True, slots=True)
class RowsToTest:
    """The rows of one comparison.

    Attributes:
        order: the places of the runs of both sides in an order that does not depend on their sides.
    """

    rows: Sequence[ComparedRow]
    order: Sequence[int]


def run_row_tests(comparisons: Sequence[RowsToTest], rules: Rules) -> list[list[RowTest]]:
    """The tests of all rows of all comparisons together, comparison by comparison."""
    testable = [
        [row for row in each.rows if row.too_few is None and too_few_runs(row.runs, rules) is None]
        for each in comparisons
    ]
    used = [place for place, rows in enumerate(testable) if rows]
    scaled = [[scaled_values(row) for row in testable[place]] for place in used]
    tables = [
        PreparedTable.of(
            _table(testable[place], [(one, other) for one, other, _ in values], comparisons[place], rules),
            draws=rules.resamples,
            seed=rules.seed,
        )
        for place, values in zip(used, scaled, strict=True)
    ]
    results = step_down(tables)
    critical = critical_statistics(tables, results, rules.alpha)
    found: list[dict[int, RowTest]] = [{} for _ in comparisons]
    for index, place in enumerate(used):
        table, result = tables[index], results[index]
        needed = _needed_changes(table, critical[index], testable[place], rules)
        method: Literal["exact", "sampled"] = "exact" if table.splits.complete else "sampled"
        for number, row in enumerate(testable[place]):
            change = None if needed is None else float(needed[number]) * scaled[index][number][2]
            found[place][id(row)] = RowTest(
                float(result.p_value[number]), float(result.p_adjusted[number]), method, change
            )
    return [
        [tests.get(id(row), RowTest()) for row in each.rows]
        for each, tests in zip(comparisons, found, strict=True)
    ]


def _table(
    rows: Sequence[ComparedRow],
    values: Sequence[tuple[Floats, Floats]],
    comparison: RowsToTest,
    rules: Rules,
) -> MetricTable:
    """The rows as a table; a row with a finer threshold than others has a finer variance floor."""
    order = list(comparison.order)
    base = rows[0].base.size
    figures = {figure: number for number, figure in enumerate(dict.fromkeys(row.figure for row in rows))}
    scales = [rules.threshold_of(row.name, row.metric) / rules.threshold_percent for row in rows]
    return MetricTable(
        values=np.stack([np.concatenate(sides) for sides in values])[:, order],
        in_base=np.array([place < base for place in order]),
        kind=np.array([figures[row.figure] for row in rows], dtype=np.int64),
        floor_scale=np.minimum(np.array(scales, dtype=np.float64), 1.0),
    )


def _needed_changes(
    table: PreparedTable, critical: float | None, rows: Sequence[ComparedRow], rules: Rules
) -> Floats | None:
    """The smallest significant change of each row, on the scale of the test."""
    if critical is None:
        return None
    _, variance, inverse_sizes = table.moments(table.side[None, :])
    floors = table.floors(variance)
    with_floor = np.sqrt((variance + floors) * inverse_sizes)[:, 0]
    plain = np.sqrt(variance * inverse_sizes)[:, 0]
    varying = np.bincount(table.kind, weights=table.squares > 0)
    alone = varying[table.kind] <= 1
    own = np.array(
        [own_critical_statistic(*row.runs, rules.alpha, rules.resamples) or np.inf for row in rows],
        dtype=np.float64,
    )
    return np.asarray(np.maximum(critical * with_floor, own * np.where(alone, plain, with_floor)))
