"""Which rows of a comparison a pattern selects, and which of them decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from obrelease.analysis.comparison.compared_rows import TESTED, ComparedRow, percentile_name
from obrelease.analysis.comparison.metric_names import matches
from obrelease.analysis.statistics.sample_figures import SPREAD

_ROW_SUFFIXES: Final = ("", *(f" {percentile_name(quantile)}" for quantile in TESTED), f" {SPREAD}")
"""What follows the name of a metric in the names of its rows."""


@dataclass(frozen=True, slots=True)
class RowPattern:
    """A pattern of names of metrics or rows.

    Attributes:
        secondary: select CPU times and counters even if the pattern matches other metrics.
    """

    pattern: str
    secondary: bool = False

    def rows(self, rows: Sequence[ComparedRow]) -> list[ComparedRow]:
        """The rows that it selects by their own name or that of their metric.

        Secondary metrics would mostly say the same again, so a pattern that matches others selects
        those alone, unless `secondary` is set.
        """
        matching = [
            row for row in rows if matches(row.name, self.pattern) or matches(row.metric, self.pattern)
        ]
        primary = [row for row in matching if row.primary]
        return matching if self.secondary or not primary else primary

    def guards(self, metric: str) -> bool:
        """Whether it matches the name of a metric, or of any row that the metric can have."""
        return any(matches(f"{metric}{figure}", self.pattern) for figure in _ROW_SUFFIXES)

    def names(self, names: Sequence[str], secondary: frozenset[str]) -> list[str]:
        """The names of metrics that it selects, by the same rule."""
        matching = [name for name in names if self.guards(name)]
        primary = [name for name in matching if name not in secondary]
        return matching if self.secondary or not primary else primary


def deciding_rows(selected: Sequence[ComparedRow]) -> list[ComparedRow]:
    """The rows that a slowdown must be ruled out of.

    These are locations and percentiles of histograms, if there are any: tails and spreads of samples are
    noisy, and count once a change of them is significant. Metrics without a direction do not decide, if
    there are others.
    """
    for rows in (
        [row for row in selected if row.headline and row.direction],
        [r for r in selected if r.headline],
    ):
        if rows:
            return rows
    return list(selected)
