"""Comparison of two sets of runs: the ratio, interval, test and verdict of each metric.

Statistics count runs, each a process of its own, not samples: samples inside a run are not independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from obrelease.analysis.comparison.aligned_metrics import AlignedRun, align, metric_identities
from obrelease.analysis.comparison.comparability import Difference
from obrelease.analysis.comparison.compared_rows import (
    SHIFT,
    TESTED,
    ComparedRow,
    histogram_rows,
    metric_rows,
)
from obrelease.analysis.comparison.coverage import Coverage, coverage_of
from obrelease.analysis.comparison.group_means import GroupMean, group_means
from obrelease.analysis.comparison.metric_names import some_names
from obrelease.analysis.comparison.row_effect import row_effects
from obrelease.analysis.comparison.row_selection import RowPattern
from obrelease.analysis.comparison.row_tests import RowsToTest, RowTest, run_row_tests
from obrelease.analysis.comparison.side_runs import (
    HostCheck,
    check_facts,
    check_sides,
    deduplicate,
    notes_on_runs,
)
from obrelease.analysis.comparison.verdict import Decision, Evidence, Observations, Rules, Verdict, decide
from obrelease.analysis.summary.run import Run
from obrelease.errors import Inconclusive
from obrelease.models.labels_and_directions import Direction

SECONDARY_REASON = "secondary metric, not tested"


@dataclass(frozen=True, slots=True)
class MetricComparison:
    """One row of a comparison: a metric, its tail or spread, or a percentile of a histogram.

    Attributes:
        id: of the metric or the histogram.
        name: such as `throughput`, `encode p99` or `service-latency p99`.
        figure: what of the metric: `location`, `p99`, `spread`.
        primary: False for CPU time and counters, which are tested only if they are asked for.
        headline: False for tails and spreads of samples.
        base, head: geometric mean over the runs, in `unit`; the mean if a value is zero or negative.
        base_runs, head_runs: how many runs have it.
        ratio: head over base; infinite if the base is 0 or the ratio is beyond double range, None if
            negative values leave it without a meaning.
        low, high: the ratio's interval; None below two runs a side.
        p_value: of this row alone; None if it was not tested.
        p_adjusted: corrected for all rows that were tested together.
        p_method: `exact` if all divisions of the runs were tried, else `sampled`.
        detectable_percent: the minimum detectable effect, found four times in five; None for none.
        control_ratio: the A/A ratio, every second base run over the others: the noise without any change.
    """

    id: str
    name: str
    figure: str
    unit: str
    direction: Direction | None
    primary: bool
    headline: bool
    group: str | None
    base: float
    head: float
    base_runs: int
    head_runs: int
    ratio: float | None
    low: float | None
    high: float | None
    p_value: float | None
    p_adjusted: float | None
    p_method: Literal["exact", "sampled"] | None
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
        group_means: geometric means of the ratios of each group.
        unlike: facts that differ, compared by force.
        coverage: metrics that are not compared over all runs.
        notes: what a reader must know to trust the verdicts.
        observations: what was compared: runs, or samples of one run.
    """

    base: tuple[Run, ...]
    head: tuple[Run, ...]
    metrics: tuple[MetricComparison, ...]
    group_means: tuple[GroupMean, ...]
    shifts: tuple[ShiftPoint, ...]
    unlike: tuple[Difference, ...]
    coverage: Coverage
    notes: tuple[str, ...]
    rules: Rules
    observations: Observations = "runs"


@dataclass(frozen=True, slots=True)
class PreparedSides:
    """Two sides that compare, with all their rows; nothing is tested yet.

    Attributes:
        order: the places of the values of both sides in an order that does not depend on their sides.
        observations: what the values are of.
    """

    base: tuple[AlignedRun, ...]
    head: tuple[AlignedRun, ...]
    rows: tuple[ComparedRow, ...]
    shift_rows: tuple[tuple[str, float, ComparedRow], ...]
    coverage: Coverage
    hosts: HostCheck
    order: tuple[int, ...]
    observations: Observations = "runs"

    @property
    def runs(self) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
        """The runs of both sides."""
        return tuple(each.run for each in self.base), tuple(each.run for each in self.head)


def compare(
    base: Sequence[Run],
    head: Sequence[Run],
    rules: Rules | None = None,
    *,
    force: bool = False,
    same_host: bool = False,
    only: Sequence[str] = ("*",),
    secondary: bool = False,
) -> Comparison:
    """Compare the runs of `head` with those of `base`.

    Args:
        base, head: at least one run each.
        rules: how to decide; `Rules()` where None.
        force: compare unlike runs too; `Comparison.unlike` lists what differs.
        same_host: assume that unknown host facts are equal; a note names them.
        only: patterns of metric names; the fewer are tested, the smaller the correction.
        secondary: test CPU times and counters as well.

    Raises:
        UsageError: a side is empty or too large, or a run is on both.
        Inconclusive: the runs are unlike, or have no metric in common.
    """
    chosen = rules or Rules()
    sides = prepare_sides(base, head, chosen, force=force, same_host=same_host)
    patterns = [RowPattern(pattern, secondary) for pattern in only]
    (found,) = compare_prepared([sides], chosen, only=patterns)
    return found


def prepare_sides(
    base: Sequence[Run], head: Sequence[Run], rules: Rules, *, force: bool = False, same_host: bool = False
) -> PreparedSides:
    """Check that two sides compare, and compute their rows; raises as `compare`."""
    base, head = deduplicate(base), deduplicate(head)
    check_sides(base, head)
    hosts = check_facts(base, head, rules.same_host, force=force, same_host=same_host)
    aligned = align((*base, *head), rules.aliases)
    one, other = aligned[: len(base)], aligned[len(base) :]
    identities = metric_identities(aligned)
    quantiles = sorted({*TESTED, *SHIFT})
    rows = metric_rows(one, other, identities)
    shift_rows: list[tuple[str, float, ComparedRow]] = []
    for percentiles in histogram_rows(one, other, quantiles).values():
        pairs = list(zip(quantiles, percentiles, strict=True))
        rows += [row for quantile, row in pairs if quantile in TESTED]
        shift_rows += [(row.metric, quantile, row) for quantile, row in pairs if quantile in SHIFT]
    coverage = coverage_of(one, other, identities)
    return PreparedSides(one, other, tuple(rows), tuple(shift_rows), coverage, hosts, _order(aligned))


def compare_prepared(
    pairs: Sequence[PreparedSides],
    rules: Rules,
    *,
    only: Sequence[RowPattern] = (RowPattern("*"),),
    list_secondary: bool = True,
) -> tuple[Comparison, ...]:
    """Test the rows of all pairs together, and decide.

    Args:
        list_secondary: list secondary metrics that the patterns match and do not select, with their ratio
            and without a test.

    Raises:
        Inconclusive: a pair has no such metric in common.
    """
    chosen = [chosen_rows(pair.rows, only) for pair in pairs]
    tested = run_row_tests(
        [RowsToTest(rows, pair.order) for pair, rows in zip(pairs, chosen, strict=True)], rules
    )
    found = []
    for pair, rows, results in zip(pairs, chosen, tested, strict=True):
        listed = _with_secondary(pair.rows, rows, only) if list_secondary else rows
        if not listed:
            raise nothing_in_common(pair)
        tests = {id(row): each for row, each in zip(rows, results, strict=True)}
        metrics = _compare_rows(listed, tests, rules, pair.observations)
        base, head = pair.runs
        found.append(
            Comparison(
                base=base,
                head=head,
                metrics=metrics,
                group_means=group_means(rows, rules.confidence),
                shifts=_shift_points(pair, rules),
                unlike=pair.hosts.unlike,
                coverage=pair.coverage,
                notes=(*pair.hosts.notes, *notes_on_runs(base, head)),
                rules=rules,
                observations=pair.observations,
            )
        )
    return tuple(found)


def nothing_in_common(pair: PreparedSides) -> Inconclusive:
    """The error of a pair without such a metric, which names those that it has, and what is missing."""
    coverage = pair.coverage
    message = "the runs have no such metric in common"
    parts = (
        ("they have", [row.name for row in pair.rows]),
        ("only in the baseline", coverage.only_in_base),
        ("only in the candidate", coverage.only_in_head),
        ("not comparable", [f"{name}: {reason}" for name, reason in coverage.unlike]),
        ("left out", [note for run in (*pair.base, *pair.head) for note in run.run.left_out]),
    )
    message += "".join(f"; {what}: {some_names(names)}" for what, names in parts if names)
    return Inconclusive(message, hint="`obrelease show` lists the metrics of a run")


def chosen_rows(rows: Sequence[ComparedRow], only: Sequence[RowPattern]) -> list[ComparedRow]:
    """The rows that any pattern selects, in their order."""
    chosen = {id(row) for pattern in only for row in pattern.rows(rows)}
    return [row for row in rows if id(row) in chosen]


def _with_secondary(
    rows: Sequence[ComparedRow], chosen: Sequence[ComparedRow], only: Sequence[RowPattern]
) -> list[ComparedRow]:
    """The chosen rows, and the locations of secondary metrics that the patterns match."""
    known = {id(row) for row in chosen}
    wider = {
        id(row) for row in chosen_rows(rows, [RowPattern(each.pattern, secondary=True) for each in only])
    }
    return [
        row for row in rows if id(row) in known or (id(row) in wider and not row.primary and row.headline)
    ]


def _order(runs: Sequence[AlignedRun]) -> tuple[int, ...]:
    return tuple(
        sorted(range(len(runs)), key=lambda place: (runs[place].run.created_ns, runs[place].run.digest))
    )


def _compare_rows(
    rows: Sequence[ComparedRow], tested: dict[int, RowTest], rules: Rules, observations: Observations
) -> tuple[MetricComparison, ...]:
    number = sum(each.p_adjusted is not None for each in tested.values())
    found = []
    for row, effect in zip(rows, row_effects(rows, rules.confidence), strict=True):
        result, runs = tested.get(id(row), RowTest()), row.runs
        threshold = rules.threshold_of(row.name, row.metric, is_spread=row.is_spread)
        evidence = Evidence(
            runs=runs,
            change=effect.change,
            low=effect.low,
            high=effect.high,
            limit=effect.limit(threshold),
            p_adjusted=result.p_adjusted,
            tested=number,
            observations=observations,
        )
        decision = decide(evidence, row.direction, threshold, rules)
        if reason := row.too_few or (None if id(row) in tested else SECONDARY_REASON):
            decision = Decision(Verdict.INCONCLUSIVE, reason, not_worse=False)
        found.append(
            MetricComparison(
                id=row.id,
                name=row.name,
                figure=row.figure,
                unit=row.unit,
                direction=row.direction,
                primary=row.primary,
                headline=row.headline,
                group=row.group,
                base=effect.base,
                head=effect.head,
                base_runs=runs[0],
                head_runs=runs[1],
                ratio=effect.ratio,
                low=effect.ratio_low,
                high=effect.ratio_high,
                p_value=result.p_value,
                p_adjusted=result.p_adjusted,
                p_method=result.method,
                detectable_percent=result.detectable_percent(effect, runs, threshold, rules.confidence),
                control_ratio=effect.control_ratio,
                threshold_percent=threshold,
                decision=decision,
            )
        )
    return tuple(found)


def _shift_points(pair: PreparedSides, rules: Rules) -> tuple[ShiftPoint, ...]:
    effects = row_effects([row for _, _, row in pair.shift_rows], rules.confidence)
    return tuple(
        ShiftPoint(
            name,
            quantile,
            effect.base,
            effect.head,
            effect.ratio if effect.ratio is not None else 1.0,
            effect.ratio_low,
            effect.ratio_high,
        )
        for (name, quantile, _), effect in zip(pair.shift_rows, effects, strict=True)
    )
