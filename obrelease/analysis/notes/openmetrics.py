"""A comparison as OpenMetrics text, for the metrics report of GitLab and readers of Prometheus text.

Formats: OpenMetrics 1.0 (prometheus.io, "OpenMetrics 1.0.0"). GitLab cuts a line at `#` and splits it
like a shell; the first word is the name, the second the value, and values are compared as text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from obrelease.analysis.comparison.compare import Comparison, MetricComparison
from obrelease.analysis.notes.markdown import visible

_DIGITS: Final = 4
"""Significant digits of a value: GitLab shows every difference in the text as a change."""

_MAX_LABEL: Final = 300
_FAMILIES: Final = (
    ("obrelease_value", "The metric in the head: geometric mean over the runs."),
    ("obrelease_ratio", "Head over base; only of rows that were tested."),
    ("obrelease_ratio_low", "Lower end of the interval of the ratio."),
    ("obrelease_ratio_high", "Upper end of the interval of the ratio."),
)


def openmetrics_text(comparisons: Sequence[tuple[str, Comparison]]) -> str:
    """Values, ratios and their intervals, a gauge each; workload, metric and unit are labels."""
    rows = [
        (workload, metric)
        for workload, comparison in comparisons
        for metric in comparison.metrics
        if metric.headline and (metric.primary or metric.p_adjusted is not None)
    ]
    lines: list[str] = []
    for family, help_text in _FAMILIES:
        lines += [f"# TYPE {family} gauge", f"# HELP {family} {help_text}"]
        lines += dict.fromkeys(_samples(family, rows))
    return "\n".join([*lines, "# EOF"]) + "\n"


def _samples(family: str, rows: Sequence[tuple[str, MetricComparison]]) -> Iterator[str]:
    seen = set()
    for workload, metric in rows:
        value = _value(family, metric)
        verdict = f',verdict="{_label(metric.decision.verdict.label)}"' if family == "obrelease_ratio" else ""
        name = f'workload="{_label(workload)}",' if workload else ""
        labels = f'{name}metric="{_label(metric.name)}",unit="{_label(metric.unit)}"{verdict}'
        if value is not None and labels not in seen:
            seen.add(labels)
            yield f"{family}{{{labels}}} {_number(value)}"


def _value(family: str, metric: MetricComparison) -> float | None:
    if family == "obrelease_value":
        return metric.head
    if metric.p_adjusted is None:
        return None
    return {
        "obrelease_ratio": metric.ratio,
        "obrelease_ratio_low": metric.low,
        "obrelease_ratio_high": metric.high,
    }[family]


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return f"{value:.{_DIGITS}g}"


def _label(text: str) -> str:
    """The text as a label value: escaped, on one line, with no `#`, at which GitLab cuts."""
    plain = visible(text)[:_MAX_LABEL].replace("#", "\uff03")
    return plain.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
