"""Curves of latency over percentiles on HdrHistogram's axis: equal steps for 90 %, 99 %, 99.9 % and so on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.summary.readable_values import readable

PERCENTILES: Final = (50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 99.999)

_CURVE_POINTS: Final = 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 60.0, 630.0, 10.0, 205.0


@dataclass(frozen=True, slots=True)
class Curve:
    """A histogram of a chart.

    Attributes:
        style: the class of its line in the style sheet.
        label: shown when the line is pointed at.
    """

    histogram: Histogram
    style: str = "curve"
    label: str = ""


def percentile_chart(curves: Sequence[Curve]) -> dict[str, Any]:
    """Points of each curve, and the grid, in a box of 640 x 240."""
    end = max(math.log10(max(2, curve.histogram.count)) for curve in curves)
    drawn = [_points(curve.histogram) for curve in curves]
    values = [value for points in drawn for _, value in points]
    low = math.floor(math.log10(min(values)))
    high = max(math.ceil(math.log10(max(values)) + 1e-9), low + 1)

    def x(place: float) -> str:
        return f"{_LEFT + (_RIGHT - _LEFT) * place / end:.1f}"

    def y(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * (math.log10(value) - low) / (high - low), 1)

    nines = [
        (0.0, "0 %"),
        *((float(n), f"{100 * (1 - 10**-n):.10g} %") for n in range(1, math.floor(end) + 1)),
    ]
    return {
        "curves": [
            {
                "points": " ".join(f"{x(place)},{y(value)}" for place, value in points),
                "style": curve.style,
                "label": curve.label,
            }
            for curve, points in zip(curves, drawn, strict=True)
        ],
        "grid": [{"x": x(place), "text": text} for place, text in nines],
        "levels": [{"y": y(10**power), "text": readable(10**power, "ns")} for power in range(low, high + 1)],
    }


def percentile_values(histogram: Histogram) -> list[tuple[str, str]]:
    """The percentiles that at least one value is beyond, as text."""
    return [
        (f"{percent:g} %", readable(histogram.percentile_ns(percent), "ns"))
        for percent in PERCENTILES
        if histogram.count * (1 - percent / 100) >= 1
    ]


def _points(histogram: Histogram) -> list[tuple[float, int]]:
    end = math.log10(max(2, histogram.count))
    places = [end * step / _CURVE_POINTS for step in range(_CURVE_POINTS + 1)]
    return [(place, max(1, histogram.percentile_ns(100 * (1 - 10**-place)))) for place in places]
