"""The history of one metric on one machine: runs in commit order, breaks, and the changes between them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from obrelease.analysis.history.bridges import Bridge, find_bridge, is_explained, step_across, with_interval
from obrelease.analysis.history.change_points import LEAST_POINTS, Changes, Possible, Step, find_changes
from obrelease.analysis.history.commit_runs import CommitRuns, commit_runs
from obrelease.analysis.statistics.median import median
from obrelease.models.run_figures import FigurePoint, SeriesKey

Verdict = Literal["better", "worse", "changed"]

_NEAR_BRIDGE: Final = 3
"""Points between a bridge and the range of a step that its error may have made."""


@dataclass(frozen=True, slots=True)
class CommitPoint:
    """All runs of one commit, one after the other in the history.

    Attributes:
        commit: None for runs that name no commit; each is a point of its own.
        value: the median of the runs.
        low, high: the interval of a single run, or else the least and the largest value of the runs.
    """

    commit: str | None
    runs: tuple[FigurePoint, ...]
    value: float
    low: float | None
    high: float | None

    @property
    def created_ns(self) -> int:
        """When the newest of its runs was measured, nanoseconds since 1970."""
        return max(run.created_ns for run in self.runs)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Points without a break between them, or with bridges over all breaks between them.

    Attributes:
        begin, end: indices into the points of the history; `end` is behind the last one.
        toolchain: compiler, interpreter and libraries of its first run.
        changes: of the values as they would be behind the last bridge; None if it has too few runs.
        bridges: over the breaks within, in order.
    """

    begin: int
    end: int
    toolchain: str
    changes: Changes | None
    bridges: tuple[Bridge, ...] = ()

    def factor(self, index: int) -> float:
        """What makes a measured value comparable with those behind the last bridge."""
        return math.prod(bridge.ratio for bridge in self.bridges if bridge.index > index)


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """A step between two commits.

    Attributes:
        index: of the first point of the new level, in the history; `low` and `high` hold it with 95 %.
        verdict: by the direction of the metric; `changed` if it has none.
    """

    index: int
    low: int
    high: int
    verdict: Verdict
    step: Step


@dataclass(frozen=True, slots=True)
class MetricHistory:
    """One series: its points in order, and what happened between them.

    Attributes:
        measured_again: runs of commits whose point has another toolchain; they are no points themselves.
    """

    series: SeriesKey
    points: tuple[CommitPoint, ...]
    stretches: tuple[Stretch, ...]
    measured_again: int = 0

    @property
    def runs(self) -> int:
        """How many runs are behind the points."""
        return sum(len(point.runs) for point in self.points)

    @property
    def breaks(self) -> tuple[int, ...]:
        """Indices of points where compiler, interpreter or libraries changed, and no bridge is.

        No step is found there.
        """
        return tuple(stretch.begin for stretch in self.stretches[1:])

    def anchor(self, index: int) -> str | None:
        """The commit that would bridge the break at a point if it were measured again: the newest before it.

        Returns:
            None if no point of the stretch before the break has a commit and clean runs.
        """
        begin = max((each.begin for each in self.stretches if each.begin < index), default=0)
        clean = (
            point.commit
            for point in reversed(self.points[begin:index])
            if point.commit and not any(run.dirty for run in point.runs)
        )
        return next(clean, None)

    @property
    def bridges(self) -> tuple[Bridge, ...]:
        """The bridges over breaks, in order."""
        return tuple(bridge for stretch in self.stretches for bridge in stretch.bridges)

    @property
    def steps(self) -> tuple[HistoryStep, ...]:
        """All steps in order."""
        return tuple(step for stretch in self.stretches for step in self._steps_of(stretch))

    @property
    def undecided(self) -> tuple[int, Possible] | None:
        """A step of the newest points that more runs would decide: the index of its first point."""
        last = self.stretches[-1]
        if last.changes is None or last.changes.possible is None:
            return None
        possible = last.changes.possible
        index = last.begin + self._point_of(last, possible.index)
        if any(b.index == index and is_explained(possible, b, self._runs_of(last)) for b in last.bridges):
            return None
        return index, possible

    def drifts(self) -> tuple[tuple[int, int, float], ...]:
        """Slow changes: index of the first and the last point, and the ratio of the ends."""
        return tuple(
            (
                stretch.begin + self._point_of(stretch, drift.begin),
                stretch.begin + self._point_of(stretch, drift.last),
                drift.after / drift.before if drift.before else float("nan"),
            )
            for stretch in self.stretches
            if stretch.changes
            for drift in stretch.changes.drifts
        )

    def _steps_of(self, stretch: Stretch) -> tuple[HistoryStep, ...]:
        if stretch.changes is None:
            return ()
        found = (self._step(stretch, step) for step in stretch.changes.steps)
        return tuple(step for step in found if step is not None)

    def _step(self, stretch: Stretch, step: Step) -> HistoryStep | None:
        """A step of a stretch; None if the error of a bridge in its range may be all that it shows."""
        index, low, high = (
            stretch.begin + self._point_of(stretch, run) for run in (step.index, step.low, step.high)
        )
        # 95 % of the ranges hold their step; around a bridge, twice the range does nearly always.
        reach = high - low + _NEAR_BRIDGE
        for bridge in stretch.bridges:
            if low - reach <= bridge.index <= high + reach:
                if is_explained(step, bridge, self._runs_of(stretch)):
                    return None
                step = step_across(step, bridge)
        return HistoryStep(index, low, high, verdict_of(self.series, step), step)

    def _runs_of(self, stretch: Stretch) -> int:
        return sum(len(point.runs) for point in self.points[stretch.begin : stretch.end])

    def _point_of(self, stretch: Stretch, run: int) -> int:
        """The point of a stretch, counted from its begin, that has its run number `run`."""
        seen = 0
        for number, point in enumerate(self.points[stretch.begin : stretch.end]):
            seen += len(point.runs)
            if run < seen:
                return number
        return stretch.end - stretch.begin - 1


def verdict_of(series: SeriesKey, step: Step) -> Verdict:
    """Whether a step is to better or to worse values."""
    if series.direction is None:
        return "changed"
    return "worse" if (step.after > step.before) == (series.direction == "lower") else "better"


def build_history(
    series: SeriesKey, points: Sequence[FigurePoint], order: Mapping[str, int]
) -> MetricHistory:
    """Put the runs of a series in order, and find what changed.

    Args:
        points: at least one; in any order.
        order: the place of each commit in the graph of the repository. Runs of other commits, or of none,
            have their place by time.
    """
    groups = commit_runs(points, order)
    commits = tuple(_commit_point(group.runs) for group in groups)
    edges = [at for at in range(1, len(groups)) if groups[at].toolchain != groups[at - 1].toolchain]
    bridges = {at: find_bridge(groups, at) for at in edges}
    begins = [0, *(at for at in edges if bridges[at] is None)]
    stretches = [
        _stretch(groups, begin, end, [b for at, b in bridges.items() if b is not None and begin < at < end])
        for begin, end in zip(begins, [*begins[1:], len(groups)], strict=True)
    ]
    return MetricHistory(series, commits, tuple(stretches), len(points) - sum(len(g.runs) for g in groups))


def _commit_point(runs: tuple[FigurePoint, ...]) -> CommitPoint:
    first = runs[0]
    if len(runs) == 1:
        return CommitPoint(first.commit, runs, first.value, first.low, first.high)
    values = [run.value for run in runs]
    return CommitPoint(first.commit, runs, median(values), min(values), max(values))


def _stretch(groups: Sequence[CommitRuns], begin: int, end: int, bridges: Sequence[Bridge]) -> Stretch:
    whole = Stretch(begin, end, groups[begin].toolchain, None, tuple(bridges))
    factors = [whole.factor(at) for at in range(begin, end)] if bridges else [1.0] * (end - begin)
    values = [
        run.value * factor
        for group, factor in zip(groups[begin:end], factors, strict=True)
        for run in group.runs
    ]
    numbers = [number for number, group in enumerate(groups[begin:end]) for _ in group.runs]
    changes = find_changes(values, groups=numbers) if len(values) >= LEAST_POINTS else None
    return replace(whole, changes=changes, bridges=tuple(with_interval(b, changes) for b in bridges))
