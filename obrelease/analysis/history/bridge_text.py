"""What is said about the breaks of a history and their bridges, on the terminal and on pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from obrelease.analysis.history.bridges import Bridge
    from obrelease.analysis.history.metric_history import MetricHistory

_COMMIT_DIGITS: Final = 9
_MOST_ANCHORS: Final = 3
_MEASURE: Final = {"bench": "obrelease run bench --against", "imported": "obrelease measure --against"}
"""What measures a commit again with the toolchain of today, by the kind of the runs."""


def bridge_lines(history: MetricHistory) -> list[str]:
    """A line for each bridge, for the last break without one, and for runs that are no points."""
    lines = [_bridge(history, bridge) for bridge in history.bridges]
    lines += [_break(history, at) for at in history.breaks[-1:]]
    if again := history.measured_again:
        lines.append(
            f"{again} {'run' if again == 1 else 'runs'} measured a commit again on another host or toolchain:"
            " no points of this history."
        )
    return lines


def _bridge(history: MetricHistory, bridge: Bridge) -> str:
    interval = ""
    if bridge.ratio_low is not None and bridge.ratio_high is not None:
        interval = f" ({bridge.ratio_low:.3f} to {bridge.ratio_high:.3f})"
    return (
        f"Bridged at {_at(history, bridge.index)}: {bridge.ratio:.3f}x{interval} is of {bridge.toolchain},"
        f" not of the code; measured on both sides: {', '.join(_anchors(bridge))}."
    )


def _anchors(bridge: Bridge) -> Iterator[str]:
    for commit, before, after in bridge.anchors[:_MOST_ANCHORS]:
        yield f"{commit[:_COMMIT_DIGITS]} ({before} and {after} runs)"
    if (more := len(bridge.anchors) - _MOST_ANCHORS) > 0:
        yield f"and {more} more commits"


def _break(history: MetricHistory, at: int) -> str:
    toolchain = next(stretch.toolchain for stretch in history.stretches if stretch.begin == at)
    said = f"Break at {_at(history, at)}: now {toolchain}. No change is found across it."
    anchor, command = history.anchor(at), _MEASURE.get(history.series.kind)
    if anchor is None or command is None:
        return said
    return f"{said} To bridge it, measure an old commit again: {command} {anchor[:_COMMIT_DIGITS]}"


def _at(history: MetricHistory, at: int) -> str:
    return (history.points[at].commit or "an unknown commit")[:_COMMIT_DIGITS]
