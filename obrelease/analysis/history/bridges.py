"""Bridges over breaks: commits that were measured both before and after a change of host or toolchain.

The same code on both sides of a break shows what the host or the toolchain alone does to a metric.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from obrelease.analysis.history.change_points import PENALTY, Changes, Possible, Step
from obrelease.analysis.history.commit_runs import CommitRuns
from obrelease.analysis.history.noise import Noise
from obrelease.analysis.statistics.exact_log import exact_exp, exact_log
from obrelease.analysis.statistics.median import median
from obrelease.models.run_figures import FigurePoint

_NORMAL_95: Final = 1.959964
_MEDIAN: Final = math.pi / 2
"""The variance of a median over that of a mean, of three values or more; with two they are the same."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """What a change of host or toolchain does to the metric, by commits that were measured on both.

    Attributes:
        index: of the first point behind the break, in the history.
        toolchain: behind the break.
        ratio: of the values behind the break over those before it, for the same code.
        ratio_low, ratio_high: its 95 % interval; None if the history is too short to know its noise.
        anchors: the commits that were measured on both sides, at least one, and how often on each.
        error: standard error of the logarithm of the ratio; None as the interval.
    """

    index: int
    toolchain: str
    ratio: float
    ratio_low: float | None
    ratio_high: float | None
    anchors: tuple[tuple[str, int, int], ...]
    error: float | None


def find_bridge(commits: Sequence[CommitRuns], index: int) -> Bridge | None:
    """The bridge over the break before the point `index`; None if no commit was measured on both sides.

    Only clean runs of a commit count. Values of zero or below have no ratio and are not bridged.
    """
    before, after = commits[index - 1].toolchain, commits[index].toolchain
    anchors, shifts, weights = [], [], []
    for each in commits:
        old, new = (_clean(each.by_toolchain.get(name, ())) for name in (before, after))
        if not old or not new:
            continue
        middles = [median([run.value for run in side]) for side in (old, new)]
        if min(middles) <= 0:
            return None
        logs = exact_log(np.array(middles))
        shifts.append(float(logs[1] - logs[0]))
        weights.append(len(old) * len(new) / (len(old) + len(new)))
        anchors.append((str(old[0].commit), len(old), len(new)))
    if not anchors:
        return None
    shift = math.fsum(w * s for w, s in zip(weights, shifts, strict=True)) / math.fsum(weights)
    return Bridge(index, after, _exp(shift), None, None, tuple(anchors), None)


def with_interval(bridge: Bridge, changes: Changes | None) -> Bridge:
    """The bridge with its interval, by the noise of the history around it."""
    if changes is None:
        return bridge
    noise = Noise(changes.relative_sd**2, changes.correlation)
    weights = [old * new / (old + new) for _, old, new in bridge.anchors]
    variance = math.fsum(
        (weight / math.fsum(weights)) ** 2 * (_of_median(noise, old) + _of_median(noise, new))
        for weight, (_, old, new) in zip(weights, bridge.anchors, strict=True)
    )
    error = math.sqrt(variance)
    reach = _exp(_NORMAL_95 * error)
    return replace(bridge, ratio_low=bridge.ratio / reach, ratio_high=bridge.ratio * reach, error=error)


def step_across(step: Step, bridge: Bridge) -> Step:
    """A step that may be at a bridge, with the error of the bridge in its interval and its size."""
    error = _whole_error(step, bridge)
    if error is None or step.ratio is None:
        return step
    reach = _exp(_NORMAL_95 * error)
    return replace(
        step,
        ratio_low=step.ratio / reach,
        ratio_high=step.ratio * reach,
        standard_errors=abs(_log(step.ratio)) / error,
    )


def is_explained(found: Step | Possible, bridge: Bridge, runs: int) -> bool:
    """Whether the error of a bridge may be all that a step at it shows.

    Args:
        runs: of the series that was searched: a step must be as large as the search itself asks for.
    """
    error = _whole_error(found, bridge)
    if error is None or found.ratio is None:
        return False
    return abs(_log(found.ratio)) / error < math.sqrt(PENALTY * math.log(runs))


def _whole_error(found: Step | Possible, bridge: Bridge) -> float | None:
    if found.ratio is None or bridge.error is None or found.standard_errors == 0:
        return None
    return math.hypot(abs(_log(found.ratio)) / found.standard_errors, bridge.error)


def _clean(runs: Sequence[FigurePoint]) -> list[FigurePoint]:
    return [run for run in runs if run.commit and not run.dirty]


def _of_median(noise: Noise, count: int) -> float:
    return noise.variance_of_mean(count) * (_MEDIAN if count > 2 else 1.0)


def _exp(value: float) -> float:
    return float(exact_exp(np.array([value]))[0])


def _log(value: float) -> float:
    return float(exact_log(np.array([value]))[0])
