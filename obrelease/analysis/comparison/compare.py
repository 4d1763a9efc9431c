"""Comparison of two sets of runs: the ratio, interval, test and verdict of each metric.

Statistics count runs, each a process of its own, not samples: samples inside a run are not independent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise
from typing import Final

import numpy as np

from obrelease.analysis.comparison.comparability import Difference, differences
from obrelease.analysis.comparison.metric_samples import (
    SHIFT,
    TESTED,
    Column,
    latency_columns,
    metric_column,
    percentile_name,
)
from obrelease.analysis.comparison.verdict import Decision, Evidence, Rules, decide
from obrelease.analysis.histograms.histogram import MIN_VALUES_BEYOND
from obrelease.analysis.statistics.bootstrap import Floats, shift
from obrelease.analysis.statistics.false_discovery import benjamini_hochberg
from obrelease.analysis.statistics.mann_whitney import RankTest, mann_whitney
from obrelease.analysis.statistics.median import median
from obrelease.analysis.statistics.power import MAX_LOG_RATIO, detectable_percent, tail_level
from obrelease.analysis.summary.run import Metric, Run
from obrelease.errors import Inconclusive, UsageError
from obrelease.models.labels_and_directions import Direction

MAX_RUNS_OF_A_SIDE: Final = 100
"""Runs on a side; more would be a mixture of weeks, and slow."""

MAX_NAMES: Final = 10
"""Metrics that a message names; it only counts the others."""


@dataclass(frozen=True, slots=True)
class MetricComparison:
    """One metric of both sides.

    Attributes:
        name: such as `throughput` or `service-latency p99`.
        base, head: median over the runs, in `unit`.
        ratio: head over base, by the Hodges-Lehmann estimate on the log scale.
        low, high: the ratio's bootstrap interval; None below two runs a side.
        test: exact Mann-Whitney over the runs; None where the metric is not tested.
        p_adjusted: its p-value after Benjamini-Hochberg over all tested metrics.
        detectable_percent: the minimum detectable effect, found four times in five; None for none.
        control_ratio: the A/A ratio, every second base run over the others: the noise without any change.
    """

    name: str
    unit: str
    direction: Direction
    base: float
    head: float
    ratio: float
    low: float | None
    high: float | None
    test: RankTest | None
    p_adjusted: float | None
    detectable_percent: float | None
    control_ratio: float | None
    threshold_percent: float
    decision: Decision


@dataclass(frozen=True, slots=True)
class ShiftPoint:
    """A latency percentile of both sides, in nanoseconds, and their ratio (a point of the shift function)."""

    histogram: str
    quantile: float
    base_ns: float
    head_ns: float
    ratio: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of a comparison, and what limits it.

    Attributes:
        unlike: facts that differ, compared by force.
        notes: what a reader must know to trust the verdicts.
    """

    base: tuple[Run, ...]
    head: tuple[Run, ...]
    metrics: tuple[MetricComparison, ...]
    shifts: tuple[ShiftPoint, ...]
    unlike: tuple[Difference, ...]
    notes: tuple[str, ...]
    rules: Rules


def compare(
    base: Sequence[Run],
    head: Sequence[Run],
    rules: Rules | None = None,
    *,
    force: bool = False,
    same_host: bool = False,
    only: Sequence[str] = ("*",),
) -> Comparison:
    """Compare the runs of `head` with those of `base`.

    Args:
        base, head: at least one run each.
        rules: how to decide; `Rules()` where None.
        force: compare unlike runs too; `Comparison.unlike` lists what differs.
        same_host: assume that unknown host facts are equal; a note names them.
        only: shell patterns of metric names; the fewer are tested, the smaller the correction.

    Raises:
        UsageError: a side is empty or too large, or a run is on both.
        Inconclusive: the runs are unlike, or have no metric in common.
    """
    chosen = rules or Rules()
    base, head = deduplicate(base), deduplicate(head)
    _check_sides(base, head)
    unlike = differences(base, head)
    assumed = tuple(each.fact for each in unlike if each.unknown) if same_host else ()
    unlike = tuple(each for each in unlike if each.fact not in assumed)
    if unlike and not force:
        raise _not_comparable(unlike)
    latencies = {name: latency_columns(name, base, head, chosen) for name in _histograms(base, head)}
    columns = [metric_column(name, base, head, chosen) for name in _metrics(base, head)]
    columns += [c for by_quantile in latencies.values() for q, c in by_quantile.items() if q in TESTED]
    columns = [column for column in columns if any(fnmatchcase(column.name, name) for name in only)]
    too_far = tuple(
        f"{column.name}: its values are too far apart for a ratio"
        for column in columns
        if not _has_ratio(column)
    )
    columns = [column for column in columns if _has_ratio(column)]
    if not columns:
        raise _nothing_in_common(base, head, too_far)
    return Comparison(
        base=base,
        head=head,
        metrics=_verdicts(columns, chosen),
        shifts=tuple(
            _point(name, quantile, column, chosen)
            for name, by_quantile in latencies.items()
            for quantile, column in by_quantile.items()
            if quantile in SHIFT
        ),
        unlike=unlike,
        notes=(*_assumed_note(assumed), *_notes(base, head, too_far)),
        rules=chosen,
    )


def _has_ratio(column: Column) -> bool:
    """Whether all ratios of the column, and of its resampled sides, are within double range."""
    values = np.concatenate((column.base, column.head))
    replicates = np.zeros(1) if column.replicates is None else column.replicates
    return bool(np.ptp(values) <= MAX_LOG_RATIO and np.abs(replicates).max() <= MAX_LOG_RATIO)


def _nothing_in_common(base: Sequence[Run], head: Sequence[Run], too_far: Sequence[str]) -> Inconclusive:
    known = metrics_in_common(base, head)
    reasons = sorted({*too_far, *_left_out(base, head)})
    message = "the runs have no such metric in common"
    if known:
        message += f"; they have: {some_names(known)}"
    if reasons:
        message += f"; left out: {some_names(reasons)}"
    return Inconclusive(message, hint="`obrelease show` lists the metrics of a run")


def metrics_in_common(base: Sequence[Run], head: Sequence[Run]) -> list[str]:
    """The names of all metrics that every run of both sides has."""
    return _metrics(base, head) + [
        f"{name} {percentile_name(quantile)}" for name in _histograms(base, head) for quantile in TESTED
    ]


def some_names(names: Sequence[str]) -> str:
    """Names for a message: sorted, unique, and at most `MAX_NAMES` of them."""
    unique = sorted(set(names))
    more = f" and {len(unique) - MAX_NAMES} more" if len(unique) > MAX_NAMES else ""
    return ", ".join(unique[:MAX_NAMES]) + more


def deduplicate(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Oldest first, each run once; a file that was imported twice is one run."""
    unique: dict[str, Run] = {}
    for run in sorted(runs, key=lambda run: (run.created_ns, run.digest)):
        unique.setdefault(run.identity, run)
    return tuple(unique.values())


def _not_comparable(unlike: Sequence[Difference]) -> Inconclusive:
    more = f" (and {len(unlike) - 1} more facts)" if len(unlike) > 1 else ""
    hint = "choose runs that differ only in the code, or use --force"
    if all(each.unknown for each in unlike):
        hint = "if both were measured on one machine, add --same-host"
    return Inconclusive(f"the runs are not comparable: {unlike[0]}{more}", hint=hint)


def _assumed_note(facts: Sequence[str]) -> Iterator[str]:
    if facts:
        yield f"assumed to be the same host (--same-host), not verified: {', '.join(facts)}"


def _check_sides(base: Sequence[Run], head: Sequence[Run]) -> None:
    for side, runs in (("base", base), ("head", head)):
        if not 1 <= len(runs) <= MAX_RUNS_OF_A_SIDE:
            raise UsageError(
                f"{len(runs)} runs as {side}; 1 to {MAX_RUNS_OF_A_SIDE} can be compared",
                hint="narrow the filter, for example by commit",
            )
    if both := {run.identity for run in base} & {run.identity for run in head}:
        raise UsageError(f"the run {min(both)[:12]} is on both sides", hint="narrow the filters")


def _metrics(base: Sequence[Run], head: Sequence[Run]) -> list[str]:
    """Metrics that every run has in one unit and direction, in the order of the first run."""
    first, *others = [run.metrics for run in (*base, *head)]
    return [
        name
        for name, metric in first.items()
        if is_testable(metric)
        and all(
            name in metrics and is_testable(metrics[name]) and _same_scale(metrics[name], metric)
            for metrics in others
        )
    ]


def is_testable(metric: Metric) -> bool:
    """Whether a metric has a direction, and samples above zero alone."""
    return (
        metric.direction is not None
        and bool(metric.samples)
        and all(0 < sample < math.inf for sample in metric.samples)
    )


def _same_scale(one: Metric, other: Metric) -> bool:
    return (one.unit, one.direction) == (other.unit, other.direction)


def _histograms(base: Sequence[Run], head: Sequence[Run]) -> list[str]:
    """Latency histograms that every run has, in the order of the first run."""
    first, *others = [run.histograms for run in (*base, *head)]
    return [name for name in first if all(name in histograms for histograms in others)]


def _verdicts(columns: Sequence[Column], rules: Rules) -> tuple[MetricComparison, ...]:
    """Test what can be tested, correct for all of it together, and decide."""
    testable = [
        column.enough and min(column.base.size, column.head.size) >= rules.least_runs for column in columns
    ]
    tests = [
        mann_whitney(column.base.tolist(), column.head.tolist()) if tested else None
        for column, tested in zip(columns, testable, strict=True)
    ]
    adjusted = iter(benjamini_hochberg([test.p_value for test in tests if test]))
    return tuple(
        _compare_metric(column, test, next(adjusted) if test else None, sum(testable), rules)
        for column, test in zip(columns, tests, strict=True)
    )


def _compare_metric(
    column: Column, test: RankTest | None, p_adjusted: float | None, metrics: int, rules: Rules
) -> MetricComparison:
    ratio, low, high = _ratio(column, rules)
    runs = column.base.size, column.head.size
    threshold = rules.threshold_of(column.name)
    decision = decide(Evidence(runs, ratio, low, high, p_adjusted), column.direction, threshold, rules)
    if not column.enough:
        decision = Decision(
            decision.verdict, f"a run has fewer than {MIN_VALUES_BEYOND} values beyond", not_worse=False
        )
    detectable = None
    if test is not None:
        sides = column.base.tolist(), column.head.tolist()
        detectable = detectable_percent(*sides, alpha=rules.alpha, metrics=metrics)
    return MetricComparison(
        name=column.name,
        unit=column.unit,
        direction=column.direction,
        base=math.exp(median(column.base.tolist())),
        head=math.exp(median(column.head.tolist())),
        ratio=ratio,
        low=low,
        high=high,
        test=test,
        p_adjusted=p_adjusted,
        detectable_percent=detectable,
        control_ratio=_control_ratio(column.base),
        threshold_percent=threshold,
        decision=decision,
    )


def _ratio(column: Column, rules: Rules) -> tuple[float, float | None, float | None]:
    ratio = math.exp(float(shift(column.base[:, None], column.head[:, None])[0]))
    if column.replicates is None:
        return ratio, None, None
    tail = tail_level(rules.confidence, column.base.size, column.head.size)
    low, high = np.exp(np.quantile(column.replicates, (tail, 1 - tail)))
    return ratio, float(low), float(high)


def _control_ratio(base: Floats) -> float | None:
    if base.size < 2:
        return None
    return math.exp(float(shift(base[1::2, None], base[::2, None])[0]))


def _point(histogram: str, quantile: float, column: Column, rules: Rules) -> ShiftPoint:
    base, head = (math.exp(median(side.tolist())) for side in (column.base, column.head))
    return ShiftPoint(histogram, quantile, base, head, *_ratio(column, rules))


def _notes(base: Sequence[Run], head: Sequence[Run], too_far: Sequence[str]) -> Iterator[str]:
    for side, runs in (("base", base), ("head", head)):
        commits = sorted({run.commit[:9] if run.commit else "unknown" for run in runs})
        if len(commits) > 1:
            yield f"{side} mixes runs of {len(commits)} commits: {', '.join(commits[:5])}"
    for reason in sorted({*_left_out(base, head), *too_far}):
        yield f"left out: {reason}"
    order = [
        side for _, side in sorted([(r.created_ns, 0) for r in base] + [(r.created_ns, 1) for r in head])
    ]
    turns = sum(one != other for one, other in pairwise(order))
    if len(order) >= 4 and turns < 2:
        yield "all runs of one side came before the other's: drift of the machine would look like a change"


def _left_out(base: Sequence[Run], head: Sequence[Run]) -> Iterator[str]:
    first, *others = (*base, *head)
    for run in (first, *others):
        for metric in run.metrics.values():
            if metric.direction is not None and not is_testable(metric):
                yield f"{metric.name}: a sample is zero, negative, too large or missing"
    yield from first.left_out
    for run in others:
        yield from run.left_out
        for name in first.metrics.keys() & run.metrics.keys():
            if not _same_scale(first.metrics[name], run.metrics[name]):
                yield f"{name}: its unit or direction differs between the runs"
