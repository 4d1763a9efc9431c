"""How many samples of a run are kept one by one; what is beyond becomes a histogram or a summary.

A histogram has buckets of 0.1 %, in whole nanoseconds. So a series of times becomes a histogram if its
smallest sample is at least 1,000 ns, and else a summary with exact percentiles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from obrelease.importers.tool_run import ToolHistogram, ToolMetric, ToolSummary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KEPT_SAMPLES: Final = 10_000
"""The most samples of one metric that are kept one by one."""

KEPT_SAMPLES_OF_RUN: Final = 300_000
"""The most samples of all metrics of a run that are kept one by one."""

MAX_HISTOGRAMS: Final = 1_000
"""The most histograms that a run gets this way; further series become summaries."""

_CAPS: Final = (KEPT_SAMPLES, 3_000, 1_000, 300, 100, 30, 10, 1)
_FEWEST_NANOSECONDS: Final = 1_000
_MOST_NANOSECONDS: Final = 3_600_000_000_000
_QUANTILES: Final = {"p90": 0.9, "p99": 0.99, "p99.9": 0.999}


@dataclass(frozen=True, slots=True)
class LimitedMetrics:
    """Metrics whose samples a run can hold, and what was done to them."""

    metrics: list[ToolMetric]
    notes: list[str]


def limit_samples(metrics: Sequence[ToolMetric]) -> LimitedMetrics:
    """The same metrics with at most `KEPT_SAMPLES` samples each, and `KEPT_SAMPLES_OF_RUN` in sum."""
    lengths = [len(metric.samples) for metric in metrics]
    cap = next((cap for cap in _CAPS if sum(n for n in lengths if n <= cap) <= KEPT_SAMPLES_OF_RUN), 0)
    limited: list[ToolMetric] = []
    histograms = summaries = 0
    for metric in metrics:
        if len(metric.samples) <= cap:
            limited.append(metric)
            continue
        made = _with_histogram(metric) if histograms < MAX_HISTOGRAMS else None
        histograms += made is not None
        summaries += made is None
        limited.append(made or _with_summary(metric))
    notes = [
        f"{count:,} series of more than {cap:,} samples {'is' if count == 1 else 'are'} kept as {what}"
        for count, what in ((histograms, "histograms"), (summaries, "summaries"))
        if count
    ]
    return LimitedMetrics(limited, notes)


def _with_histogram(metric: ToolMetric) -> ToolMetric | None:
    """The metric with a histogram in place of its samples; None if that would lose precision or values."""
    import numpy as np

    from obrelease.analysis.histograms.histogram import SIGNIFICANT_DIGITS, encode

    values = _array(metric)
    if metric.unit != "ns" or values.min() < _FEWEST_NANOSECONDS or values.max() > _MOST_NANOSECONDS:
        return None
    encoded = encode(np.rint(values).astype(np.int64))
    histogram = ToolHistogram(
        metric.name, encoded.hlog, "service", encoded.count, encoded.out_of_range, SIGNIFICANT_DIGITS
    )
    return replace(metric, samples=(), histogram=histogram)


def _with_summary(metric: ToolMetric) -> ToolMetric:
    import numpy as np

    values = _array(metric)
    figures = {
        "mean": float(values.mean()),
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "stddev": float(values.std(ddof=1)) if values.size > 1 else 0.0,
    }
    figures |= {name: float(np.quantile(values, level)) for name, level in _QUANTILES.items()}
    summary = ToolSummary(float(np.median(values)), "median", int(values.size), figures)
    return replace(metric, samples=(), summary=summary)


def _array(metric: ToolMetric) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(metric.samples, dtype=np.float64)
