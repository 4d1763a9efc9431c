"""Two sets of runs against each other: every metric's ratio, its interval, its test and its verdict.

The run, a process of its own, is the unit of replication: samples inside a run are no independent
witnesses of how fast the program is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np

from obrelease.analysis.comparison.comparability import Difference, differences
from obrelease.analysis.comparison.metric_samples import (
    SHIFT,
    TESTED,
    Column,
    latency_columns,
    percentile_name,
    series_column,
)
from obrelease.analysis.comparison.run_metrics import Better, Run, without_doubles
from obrelease.analysis.comparison.verdict import Decision, Evidence, Rules, decide
from obrelease.analysis.histograms.histogram import LEAST_BEYOND
from obrelease.analysis.statistics.bootstrap import Floats, shift
from obrelease.analysis.statistics.false_discovery import benjamini_hochberg
from obrelease.analysis.statistics.mann_whitney import RankTest, mann_whitney
from obrelease.analysis.statistics.power import detectable_percent, tail_level
from obrelease.errors import Inconclusive, UsageError

MOST_RUNS: Final = 100
"""Runs on a side; more would be a mixture of weeks, and slow."""

MOST_NAMES: Final = 10
"""Metrics that a message names before it only counts them."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One metric of both sides.

    Attributes:
        name: such as `throughput` or `service-latency p99`.
        base, head: median over the runs, in `unit`.
        ratio: head over base, by the Hodges-Lehmann estimate on the log scale.
        low, high: the ratio's bootstrap interval; None below two runs a side.
        test: exact Mann-Whitney over the runs; None where the metric is not tested.
        p_adjusted: its p-value after Benjamini-Hochberg over all tested metrics.
        detectable_percent: the change that would be found four times in five; None for none.
        control: base's runs of odd turn over those of even turn: an A/A ratio, the noise floor.
    """

    name: str
    unit: str
    better: Better
    base: float
    head: float
    ratio: float
    low: float | None
    high: float | None
    test: RankTest | None
    p_adjusted: float | None
    detectable_percent: float | None
    control: float | None
    threshold_percent: float
    decision: Decision


@dataclass(frozen=True, slots=True)
class ShiftPoint:
    """The shift function at one quantile: a latency of both sides, in nanoseconds, and their ratio."""

    histogram: str
    quantile: float
    base_ns: float
    head_ns: float
    ratio: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that was found, and what a reader must know to trust it."""

    base: tuple[Run, ...]
    head: tuple[Run, ...]
    metrics: tuple[Compared, ...]
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
        force: compare unlike runs too; `Comparison.unlike` says what differs.
        same_host: take what the runs do not tell of their machines as the same; a note says so.
        only: shell patterns of metric names; the fewer are tested, the less must be corrected for.

    Raises:
        UsageError: a side is empty or too large, or a run is on both.
        Inconclusive: the runs are unlike, or have no metric in common.
    """
    chosen = rules or Rules()
    base, head = without_doubles(base), without_doubles(head)
    _check_sides(base, head)
    unlike = differences(base, head)
    trusted = tuple(each.fact for each in unlike if each.unknown) if same_host else ()
    unlike = tuple(each for each in unlike if each.fact not in trusted)
    if unlike and not force:
        raise _not_alike(unlike)
    series = [series_column(name, base, head, chosen) for name in _shared(base, head, "series")]
    names = _shared(base, head, "histograms")
    latencies = {name: latency_columns(name, base, head, chosen) for name in names}
    columns = series + [c for all_of in latencies.values() for q, c in all_of.items() if q in TESTED]
    columns = [column for column in columns if any(fnmatchcase(column.name, name) for name in only)]
    if not columns:
        known = metrics_in_common(base, head)
        raise Inconclusive(
            "the runs have no such metric in common" + (f"; they have: {some_names(known)}" if known else ""),
            hint="`obrelease show` tells what a run has",
        )
    return Comparison(
        base=base,
        head=head,
        metrics=_judge(columns, chosen),
        shifts=tuple(
            _point(name, quantile, column, chosen)
            for name, all_of in latencies.items()
            for quantile, column in all_of.items()
            if quantile in SHIFT
        ),
        unlike=unlike,
        notes=(*_trusting(trusted), *_notes(base, head)),
        rules=chosen,
    )


def metrics_in_common(base: Sequence[Run], head: Sequence[Run]) -> list[str]:
    """The names of all metrics that every run of both sides has."""
    histograms = _shared(base, head, "histograms")
    return _shared(base, head, "series") + [
        f"{name} {percentile_name(quantile)}" for name in histograms for quantile in TESTED
    ]


def some_names(names: Sequence[str]) -> str:
    """Names for a message: sorted, each once, and at most `MOST_NAMES` of them."""
    told = sorted(set(names))
    more = f" and {len(told) - MOST_NAMES} more" if len(told) > MOST_NAMES else ""
    return ", ".join(told[:MOST_NAMES]) + more


def _not_alike(unlike: Sequence[Difference]) -> Inconclusive:
    more = f" (and {len(unlike) - 1} more facts)" if len(unlike) > 1 else ""
    hint = "choose runs that differ in the code alone, or compare all the same with --force"
    if all(each.unknown for each in unlike):
        hint = "where both were measured on one machine, say so with --same-host"
    return Inconclusive(f"the runs are not alike: {unlike[0]}{more}", hint=hint)


def _trusting(facts: Sequence[str]) -> Iterator[str]:
    if facts:
        yield f"said to be of one machine, not known to be: {', '.join(facts)}"


def _check_sides(base: Sequence[Run], head: Sequence[Run]) -> None:
    for side, runs in (("base", base), ("head", head)):
        if not 1 <= len(runs) <= MOST_RUNS:
            raise UsageError(
                f"{len(runs)} runs as {side}, where 1 to {MOST_RUNS} can be compared",
                hint="narrow the filter, for example by commit",
            )
    if both := {run.original or run.digest for run in base} & {run.original or run.digest for run in head}:
        raise UsageError(f"run or imported file {min(both)[:12]} is on both sides", hint="narrow the filters")


def _shared(base: Sequence[Run], head: Sequence[Run], kind: str) -> list[str]:
    """Names that every run has, in the order of the first."""
    runs = (*base, *head)
    return [name for name in getattr(runs[0], kind) if all(name in getattr(run, kind) for run in runs)]


def _judge(columns: Sequence[Column], rules: Rules) -> tuple[Compared, ...]:
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
        _compared(column, test, next(adjusted) if test else None, sum(testable), rules)
        for column, test in zip(columns, tests, strict=True)
    )


def _compared(
    column: Column, test: RankTest | None, p_adjusted: float | None, metrics: int, rules: Rules
) -> Compared:
    ratio, low, high = _ratio(column, rules)
    runs = column.base.size, column.head.size
    threshold = rules.threshold_of(column.name)
    decision = decide(Evidence(runs, ratio, low, high, p_adjusted), column.better, threshold, rules)
    if not column.enough:
        decision = Decision(
            decision.verdict, f"a run has fewer than {LEAST_BEYOND} values beyond", not_worse=False
        )
    detectable = None
    if test is not None:
        sides = column.base.tolist(), column.head.tolist()
        detectable = detectable_percent(*sides, alpha=rules.alpha, metrics=metrics)
    return Compared(
        name=column.name,
        unit=column.unit,
        better=column.better,
        base=math.exp(median(column.base.tolist())),
        head=math.exp(median(column.head.tolist())),
        ratio=ratio,
        low=low,
        high=high,
        test=test,
        p_adjusted=p_adjusted,
        detectable_percent=detectable,
        control=_control(column.base),
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


def _control(base: Floats) -> float | None:
    if base.size < 2:
        return None
    return math.exp(float(shift(base[1::2, None], base[::2, None])[0]))


def _point(histogram: str, quantile: float, column: Column, rules: Rules) -> ShiftPoint:
    base, head = (math.exp(median(side.tolist())) for side in (column.base, column.head))
    return ShiftPoint(histogram, quantile, base, head, *_ratio(column, rules))


def _notes(base: Sequence[Run], head: Sequence[Run]) -> Iterator[str]:
    for side, runs in (("base", base), ("head", head)):
        commits = sorted({run.commit[:9] if run.commit else "unknown" for run in runs})
        if len(commits) > 1:
            yield f"{side} mixes runs of {len(commits)} commits: {', '.join(commits[:5])}"
    for reason in sorted({reason for run in (*base, *head) for reason in run.left_out}):
        yield f"left out: {reason}"
    order = [
        side for _, side in sorted([(r.created_ns, 0) for r in base] + [(r.created_ns, 1) for r in head])
    ]
    turns = sum(one != other for one, other in pairwise(order))
    if len(order) >= 4 and turns < 2:
        yield "all runs of one side came before the other's: a drift of the machine would look like a change"
