"""The order and choice of rows that a reader sees: only changed ones, sorted by name, ratio or change."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Literal, get_args

from obrelease.analysis.comparison.compare import Comparison, MetricComparison
from obrelease.analysis.comparison.verdict import Verdict

SortKey = Literal["name", "ratio", "change", "verdict"]
SORT_KEYS: Final[tuple[SortKey, ...]] = get_args(SortKey)

CHANGED: Final = frozenset({Verdict.BETTER, Verdict.WORSE, Verdict.CHANGED})
_VERDICT_ORDER: Final = (Verdict.WORSE, Verdict.CHANGED, Verdict.BETTER, Verdict.INCONCLUSIVE, Verdict.SAME)


def arrange(comparison: Comparison, *, only_changed: bool = False, sort: SortKey | None = None) -> Comparison:
    """The same comparison with fewer rows, or with its rows in another order.

    Rows of one metric stay together. A note counts the rows that are not listed.

    Args:
        only_changed: only rows whose verdict is better, worse or changed.
        sort: `name`; `ratio`, the largest first; `change`, the largest in either direction first;
            `verdict`, worse first. None keeps the order of the runs.
    """
    metrics = comparison.metrics
    notes = comparison.notes
    if only_changed:
        hidden = Counter(m.decision.verdict.label for m in metrics if m.decision.verdict not in CHANGED)
        metrics = tuple(metric for metric in metrics if metric.decision.verdict in CHANGED)
        if hidden:
            counts = ", ".join(f"{number} {verdict}" for verdict, number in sorted(hidden.items()))
            notes = (*notes, f"rows that are not listed, because they did not change: {counts}")
    if sort is not None:
        metrics = _sorted(metrics, sort)
    return replace(comparison, metrics=metrics, notes=notes)


def _sorted(metrics: Sequence[MetricComparison], sort: SortKey) -> tuple[MetricComparison, ...]:
    blocks: dict[str, list[MetricComparison]] = {}
    for metric in metrics:
        blocks.setdefault(metric.id, []).append(metric)
    keys: dict[SortKey, Callable[[list[MetricComparison]], float | str]] = {
        "name": lambda block: block[0].name,
        "ratio": lambda block: -_ratio(block[0]),
        "change": lambda block: -max(_size(metric) for metric in block),
        "verdict": lambda block: min(_VERDICT_ORDER.index(metric.decision.verdict) for metric in block),
    }
    ordered = sorted(blocks.values(), key=keys[sort])
    return tuple(metric for block in ordered for metric in block)


def _ratio(metric: MetricComparison) -> float:
    return 1.0 if metric.ratio is None else metric.ratio


def _size(metric: MetricComparison) -> float:
    ratio = _ratio(metric)
    return math.inf if ratio in (0.0, math.inf) else abs(math.log(ratio))
