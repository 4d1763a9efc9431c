"""Axes that several plots share: percentiles, seconds, the time of day, whole numbers."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, FixedLocator, FuncFormatter, NullLocator

NS_PER_S: Final = 1_000_000_000

_STEPS_S: Final = (0.001, 0.01, 0.1, 1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)


def percentile_axis(axes: Axes, count: float, *, margin: float) -> None:
    """A log axis of 1 / (1 - quantile) for `count` values; `margin` is the factor of space on the right."""
    axes.set_xscale("log")
    axes.set_xlim(1, margin * count)
    nines = int(np.log10(count))
    axes.xaxis.set_major_locator(FixedLocator([1.0, 2.0, *(10.0**n for n in range(1, nines + 1))]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(_percent))
    axes.set_xlabel("percentile of messages")


def log_seconds_axis(axes: Axes) -> None:
    """A log axis of times in seconds, with labels also at 2 and 5 times each power of ten."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(EngFormatter(unit="s"))
    axes.yaxis.set_minor_formatter(FuncFormatter(_minor_seconds))
    axes.tick_params(axis="y", which="minor", labelsize=8)


def leading_digit(value: float) -> int:
    """The first digit of a number above zero; 0 for others."""
    return round(value / 10 ** np.floor(np.log10(value))) if value > 0 else 0


def time_axis(axes: Axes, first_s: float, last_s: float) -> None:
    """An axis of the time of day between two times in seconds after midnight, with round ticks."""
    span = max(last_s - first_s, 0.001)
    step = next((step for step in _STEPS_S if span / step <= (8 if step >= 60 else 6)), _STEPS_S[-1])
    ticks = np.arange(np.ceil(first_s / step), np.floor(last_s / step) + 1) * step
    axes.set_xlim(first_s, first_s + span)
    axes.xaxis.set_major_locator(FixedLocator([float(tick) for tick in ticks]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _=None: _time_of_day(seconds, step)))
    axes.set_xlabel("time of day")


def whole_number(value: float, _index: int | None = None) -> str:
    """A tick label with separated thousands."""
    return f"{value:,.0f}"


def _percent(position: float, _index: int | None = None) -> str:
    if position <= 2:
        return "0 %" if position < 2 else "50 %"
    nines = round(float(np.log10(position)))
    return f"{100 - 100 / 10**nines:.{max(nines - 2, 0)}f} %"


def _minor_seconds(value: float, _index: int | None = None) -> str:
    return str(EngFormatter(unit="s")(value)) if leading_digit(value) in {2, 5} else ""


def _time_of_day(seconds: float, step: float) -> str:
    minutes, rest = divmod(round(seconds, 3), 60)
    text = f"{int(minutes) // 60:02}:{int(minutes) % 60:02}"
    if step >= 60:
        return text
    return f"{text}:{rest:02.0f}" if step >= 1 else f"{text}:{rest:06.3f}"
