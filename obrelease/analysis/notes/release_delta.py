"""The first part of a release page: what changed against the previous release, in one line and one table."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from obrelease.analysis.comparison.compare import Comparison, MetricComparison
from obrelease.analysis.comparison.compare_pairs import compare_pairs
from obrelease.analysis.comparison.match_releases import (
    Pair,
    Unmatched,
    UnmatchedScenario,
    match_releases,
)
from obrelease.analysis.comparison.verdict import Rules, Verdict
from obrelease.analysis.notes.markdown import code, details, table, value_text
from obrelease.analysis.statistics.median import median
from obrelease.analysis.summary.key_figures import (
    Figure,
    latency_figures,
    measures,
    throughput_figures,
)
from obrelease.analysis.summary.run import Run
from obrelease.errors import Inconclusive, UsageError

_HEADER: Final = ("benchmark", "metric", "before", "now", "ratio (interval)", "verdict")
_NUMERIC: Final = (2, 3, 4)
_ORDER: Final = (Verdict.WORSE, Verdict.BETTER, Verdict.CHANGED, Verdict.INCONCLUSIVE, Verdict.SAME)
"""The rows that a reader looks for come first."""

_ABOUT: Final = (
    "Before and now are medians over the runs; a ratio is now / before. A verdict is of the runs as wholes, "
    "with the ratio as it is estimated from them and its interval; fewer than four runs on a side show "
    "nothing."
)
_SHOWN_ROWS: Final = 25
_PRINTED_PERCENTILES: Final = 2
"""p50 and p99; the page has no room for p99.9."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table of changes; `reason` is empty unless the verdict is inconclusive."""

    cells: tuple[str, ...]
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class _Tested:
    verdict: Verdict
    reason: str
    ratio: str


def release_delta(previous_tag: str, previous: Sequence[Run], runs: Sequence[Run]) -> str:
    """The part that compares with the previous release; the order of the runs does not matter.

    Runs that the previous release has are not measured again by being released again.
    """
    before, now = (sorted(side, key=lambda run: run.digest) for side in (previous, runs))
    matched = match_releases(before, now)
    compared = compare_pairs(matched.pairs, Rules())
    rows = [row for pair, result in zip(matched.pairs, compared, strict=True) for row in _rows(pair, result)]
    rows.sort(key=lambda row: _ORDER.index(row.verdict))
    unmatched = sorted((*matched.missing, *matched.new, *matched.partial), key=lambda each: each.name)
    parts = [_summary(previous_tag, rows)]
    if rows:
        parts.append(_table(rows[:_SHOWN_ROWS]))
        if more := rows[_SHOWN_ROWS:]:
            parts.append(details(f"{len(more):,} more rows", _table(more)))
        parts.append(details("How to read this, and why rows are inconclusive", _ABOUT, *_reasons(rows)))
    if unmatched:
        lines = (f"* {code(each.name)}: {_reason(each, previous_tag)}." for each in unmatched)
        parts.append(details(f"Not compared: {len(unmatched):,}", "\n".join(lines)))
    return "\n\n".join(parts) + "\n"


def unreadable_release(previous_tag: str, reason: str) -> str:
    """The part if the previous release could not be read."""
    return f"**Against {code(previous_tag)}: not compared.** {code(reason)}\n"


def _summary(previous_tag: str, rows: Sequence[_Row]) -> str:
    """`**Against v0.8: 1 worse, 4 same, 2 inconclusive.**`"""
    counts = Counter(row.verdict for row in rows)
    found = [f"{counts[verdict]:,} {verdict.label}" for verdict in _ORDER if counts[verdict]]
    return f"**Against {code(previous_tag)}: {', '.join(found) or 'nothing compares'}.**"


def _table(rows: Sequence[_Row]) -> str:
    return table(_HEADER, [row.cells for row in rows], numeric=_NUMERIC)


def _reasons(rows: Sequence[_Row]) -> Iterator[str]:
    counts = Counter(row.reason for row in rows if row.reason)
    if counts:
        yield "\n".join(
            f"* {count:,} inconclusive: {code(reason)}." for reason, count in sorted(counts.items())
        )


def _reason(unmatched: UnmatchedScenario, previous_tag: str) -> str:
    tag, difference = code(previous_tag), unmatched.difference
    if difference is not None:
        before, now = (code(" and ".join(values)) for values in (difference.base, difference.head))
        return f"not comparable: {code(difference.fact)} was {before}, is {now}"
    return {
        Unmatched.BASE_ONLY: f"was in {tag}, is not in this release",
        Unmatched.HEAD_ONLY: f"not comparable: {tag} has no such run",
        Unmatched.NOT_REMEASURED: f"same runs as in {tag}; not re-measured",
        Unmatched.DIFFERENT: "not comparable",
    }[unmatched.reason]


def _rows(pair: Pair, compared: Comparison | Inconclusive | UsageError) -> Iterator[_Row]:
    tested = _tested(compared)
    before, now = _printed_figures(pair.base), _printed_figures(pair.head)
    for key in (key for key in now if key in before):
        label, unit, _ = key
        old, new = (median(figure.value for figure in side[key]) for side in (before, now))
        result = tested[now[key][0].metric]
        yield _Row(
            (
                benchmark_cell(pair.head[0]),
                code(label),
                value_text(old, unit),
                value_text(new, unit),
                result.ratio or (f"{new / old:.3f}" if old else ""),
                f"**{result.verdict.label}**" if result.verdict is Verdict.WORSE else result.verdict.label,
            ),
            result.verdict,
            result.reason,
        )


def benchmark_cell(run: Run) -> str:
    """The benchmark of a run: its kind, unless it is imported, its scenario or title, and its core."""
    artefact = run.artefact
    name = artefact.title if artefact.kind == "imported" else f"{artefact.kind} {artefact.scenario}"
    return code(f"{name} ({run.core})" if run.core else name)


def _printed_figures(runs: Sequence[Run]) -> Mapping[tuple[str, str, str], Sequence[Figure]]:
    """The figures of all runs, by label, unit and id."""
    found: defaultdict[tuple[str, str, str], list[Figure]] = defaultdict(list)
    for run in runs:
        percentiles = latency_figures(run)[:_PRINTED_PERCENTILES]
        for figure in (*throughput_figures(run), *percentiles, *measures(run)):
            found[figure.label, figure.unit, figure.identity].append(figure)
    return found


def _tested(compared: Comparison | Inconclusive | UsageError) -> Mapping[str, _Tested]:
    """The verdict on each metric by its name, and on percentiles also by the id of their histogram."""
    if not isinstance(compared, Comparison):
        message = compared.message
        return defaultdict(lambda: _Tested(Verdict.INCONCLUSIVE, message, ""))
    tested = {
        name: _verdict(metric)
        for metric in compared.metrics
        for name in (metric.name, f"{metric.id} {metric.figure}")
    }
    return defaultdict(lambda: _Tested(Verdict.INCONCLUSIVE, "not tested", ""), tested)


def _verdict(metric: MetricComparison) -> _Tested:
    decision, ratio = metric.decision, ""
    if metric.ratio is not None and metric.low is not None and metric.high is not None:
        ratio = f"{metric.ratio:.3f} ({metric.low:.3f} to {metric.high:.3f})"
    reason = decision.reason if decision.verdict is Verdict.INCONCLUSIVE else ""
    return _Tested(decision.verdict, reason, ratio if metric.p_adjusted is not None else "")
