"""Values of metrics in units that people read: 1.2 us, 48.4 M/s, 3.5 MiB."""

from __future__ import annotations

import math
from typing import Final

_TIMES: Final = ((60e9, "min"), (1e9, "s"), (1e6, "ms"), (1e3, "us"), (1.0, "ns"))
_BYTES: Final = ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B"))
_PREFIXES: Final = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))
_LARGEST_MINUTES: Final = 600e9
"""Times are given in seconds up to ten minutes."""


def readable(value: float, unit: str) -> str:
    """A value with its unit, scaled where the unit is a time, bytes or a rate."""
    if not math.isfinite(value):
        return f"{value} {unit}"
    size = abs(value)
    if unit == "ns":
        scales = _TIMES if size >= _LARGEST_MINUTES else _TIMES[1:]
        return _scaled(value, scales, "")
    if unit == "B":
        return _scaled(value, _BYTES, "")
    if unit == "1":
        return _number(value)
    if unit.endswith("/s"):
        return _scaled(value, _PREFIXES, unit if unit != "1/s" else "/s")
    return f"{_number(value)} {unit}"


def percent(share: float) -> str:
    """A share of one in percent."""
    return f"{_number(100 * share)} %"


def _scaled(value: float, scales: tuple[tuple[float, str], ...], suffix: str) -> str:
    factor, prefix = next((scale for scale in scales if abs(value) >= scale[0]), scales[-1])
    return f"{_number(value / factor)} {prefix}{suffix}"


def _number(value: float) -> str:
    """Four significant digits, whole numbers from 1,000 with separators."""
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
