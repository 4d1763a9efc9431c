"""The history of one metric on one machine: runs in commit order, breaks, and the changes between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from obrelease.analysis.history.change_points import LEAST_POINTS, Changes, Possible, Step, find_changes
from obrelease.analysis.statistics.median import median
from obrelease.models.run_figures import FigurePoint, SeriesKey

Verdict = Literal["better", "worse", "changed"]

_WITHOUT_COMMIT: Final = ""


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
    """Points without a break between them.

    Attributes:
        begin, end: indices into the points of the history; `end` is behind the last one.
        toolchain: compiler, interpreter and libraries of all its runs.
        changes: None if it has too few runs.
    """

    begin: int
    end: int
    toolchain: str
    changes: Changes | None


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
    """One series: its points in order, and what happened between them."""

    series: SeriesKey
    points: tuple[CommitPoint, ...]
    stretches: tuple[Stretch, ...]

    @property
    def runs(self) -> int:
        """How many runs are behind the points."""
        return sum(len(point.runs) for point in self.points)

    @property
    def breaks(self) -> tuple[int, ...]:
        """Indices of points where compiler, interpreter or libraries changed: no step is found there."""
        return tuple(stretch.begin for stretch in self.stretches[1:])

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
        return last.begin + self._point_of(last, last.changes.possible.index), last.changes.possible

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
        return tuple(
            HistoryStep(
                index=stretch.begin + self._point_of(stretch, step.index),
                low=stretch.begin + self._point_of(stretch, step.low),
                high=stretch.begin + self._point_of(stretch, step.high),
                verdict=verdict_of(self.series, step),
                step=step,
            )
            for step in stretch.changes.steps
        )

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
    placed = _in_commit_order(points, order)
    grouped = [
        tuple(runs) for _, runs in groupby(placed, key=lambda run: (run.commit or run.digest, run.toolchain))
    ]
    commits = tuple(_commit_point(runs) for runs in grouped)
    stretches, begin = [], 0
    for toolchain, group in groupby(commits, key=lambda point: point.runs[0].toolchain):
        size = len(list(group))
        stretches.append(_stretch(commits[begin : begin + size], begin, toolchain))
        begin += size
    return MetricHistory(series, commits, tuple(stretches))


def _in_commit_order(points: Sequence[FigurePoint], order: Mapping[str, int]) -> list[FigurePoint]:
    """Known commits by the graph; another run behind the newest known commit that was measured before it."""
    by_time = sorted(points, key=lambda run: (run.created_ns, run.digest))
    keyed, reached = [], -1
    for run in by_time:
        place = order.get(run.commit or _WITHOUT_COMMIT)
        if place is None:
            keyed.append(((reached, 1, run.created_ns, run.digest), run))
        else:
            reached = max(reached, place)
            keyed.append(((place, 0, run.created_ns, run.digest), run))
    return [run for _, run in sorted(keyed, key=lambda item: item[0])]


def _commit_point(runs: tuple[FigurePoint, ...]) -> CommitPoint:
    first = runs[0]
    if len(runs) == 1:
        return CommitPoint(first.commit, runs, first.value, first.low, first.high)
    values = [run.value for run in runs]
    return CommitPoint(first.commit, runs, median(values), min(values), max(values))


def _stretch(points: Sequence[CommitPoint], begin: int, toolchain: str) -> Stretch:
    values = [run.value for point in points for run in point.runs]
    groups = [number for number, point in enumerate(points) for _ in point.runs]
    changes = find_changes(values, groups=groups) if len(values) >= LEAST_POINTS else None
    return Stretch(begin, begin + len(points), toolchain, changes)
