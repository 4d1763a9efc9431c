"""A value for each pass of a run in the order they ran, from zero, with their median."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_low
from typing import Any, Final

from obrelease.analysis.kinds.measurements import WALL_TIMES, samples_of, throughput_msg_s
from obrelease.analysis.summary.readable_values import readable
from obrelease.analysis.summary.run import Run

MOST_PASSES: Final = 1_000
"""Later passes are not drawn; a note says so."""

_LEFT, _RIGHT, _TOP, _BOTTOM = 60.0, 630.0, 10.0, 125.0
_HEADROOM: Final = 1.1
_MOST_TICKS: Final = 12


def throughput_chart(run: Run) -> dict[str, Any] | None:
    """Points and axes in a box of 640 x 150; None for a run without timed passes."""
    workload = run.artefact.workload
    walls_ns = samples_of(run.artefact, WALL_TIMES)
    if workload is None or not workload.messages or not walls_ns:
        return None
    rates = throughput_msg_s(workload.messages, walls_ns)
    drawn = rates[:MOST_PASSES]
    middle, top = median_low(rates), _HEADROOM * max(drawn)
    count = len(drawn)

    def x(number: int) -> str:
        return f"{_LEFT + (_RIGHT - _LEFT) * (number + 0.5) / count:.1f}"

    def y(rate: float) -> str:
        return f"{_BOTTOM - (_BOTTOM - _TOP) * rate / top:.1f}"

    return {
        "points": [
            {"x": x(number), "y": y(rate), "label": f"pass {number + 1}: {_text(rate)}"}
            for number, rate in enumerate(drawn)
        ],
        "ticks": [{"x": x(number), "text": str(number + 1)} for number in _ticks(count)],
        "levels": [{"y": y(rate), "text": _text(rate).removesuffix(" msg/s")} for rate in (0, max(drawn))],
        "median_y": y(middle),
        "median": _text(middle),
        "label": f"Throughput of {count} passes, from {_text(min(rates))} to {_text(max(rates))},"
        f" median {_text(middle)}",
        "left_out": len(rates) - count,
    }


def _ticks(count: int) -> Sequence[int]:
    step = -(-count // _MOST_TICKS)
    return range(0, count, step)


def _text(rate: float) -> str:
    return readable(rate, "msg/s")
