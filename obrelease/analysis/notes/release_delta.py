"""The notes' section on the previous release: ratios and verdicts of runs that compare, reasons otherwise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
from obrelease.analysis.notes.markdown import code, table, value_text
from obrelease.analysis.statistics.median import median
from obrelease.analysis.summary.key_figures import (
    Figure,
    latency_figures,
    measures,
    throughput_figures,
)
from obrelease.analysis.summary.run import Run
from obrelease.errors import Inconclusive, UsageError

_HEADER: Final = ("run", "core", "measured", "before", "now", "ratio", "runs", "verdict")
_NUMERIC: Final = (3, 4, 5, 6)
_ABOUT_VERDICTS: Final = (
    "A verdict is of the runs as wholes, with the ratio as it is estimated from them and its interval; "
    "fewer than four runs on a side show nothing."
)
_PRINTED_PERCENTILES: Final = 2
"""p50 and p99; the page has no room for p99.9."""


def release_delta(previous_tag: str, previous: Sequence[Run], runs: Sequence[Run]) -> str:
    """The section that compares with the previous release; the order of the runs does not matter.

    Each side of a ratio is the median over its runs. Runs that the previous release has are not
    measured again by being released again.
    """
    before, now = (sorted(side, key=lambda run: run.digest) for side in (previous, runs))
    matched = match_releases(before, now)
    compared = compare_pairs(matched.pairs, Rules())
    rows = [row for pair, result in zip(matched.pairs, compared, strict=True) for row in _rows(pair, result)]
    unmatched = sorted((*matched.missing, *matched.new, *matched.partial), key=lambda each: each.name)
    parts = [f"## Against {code(previous_tag)}"]
    if rows:
        parts += [
            f"Medians over the runs of {code(previous_tag)} and over those of this release; "
            "ratio: now / before.",
            _ABOUT_VERDICTS,
            table(_HEADER, rows, numeric=_NUMERIC),
        ]
    if unmatched:
        parts.append("\n".join(f"* {code(each.name)}: {_reason(each, previous_tag)}." for each in unmatched))
    return "\n\n".join(parts) + "\n"


def unreadable_release(previous_tag: str, reason: str) -> str:
    """The section if the previous release could not be read."""
    return f"## Against {code(previous_tag)}\n\nNot compared: {code(reason)}\n"


def verdict_text(metric: MetricComparison) -> str:
    """`worse, 0.909 (0.901 to 0.915)`: verdict, ratio and interval; the reason if it is inconclusive."""
    decision = metric.decision
    words = decision.verdict.label
    if decision.verdict is Verdict.INCONCLUSIVE:
        words += f": {decision.reason}"
    if metric.p_adjusted is None or metric.ratio is None or metric.low is None or metric.high is None:
        return words
    return f"{words}, {metric.ratio:.3f} ({metric.low:.3f} to {metric.high:.3f})"


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


def _rows(pair: Pair, compared: Comparison | Inconclusive | UsageError) -> Iterator[tuple[str, ...]]:
    artefact = pair.head[0].artefact
    verdicts = _verdicts(compared)
    before, now = _printed_figures(pair.base), _printed_figures(pair.head)
    for key in (key for key in now if key in before):
        label, unit, _ = key
        old, new = (median(figure.value for figure in side[key]) for side in (before, now))
        yield (
            code(f"{artefact.kind} {artefact.scenario}"),
            code(pair.head[0].core),
            code(label),
            value_text(old, unit),
            value_text(new, unit),
            f"{new / old:.3f}" if old else "",
            f"{len(pair.base)} to {len(pair.head)}",
            code(verdicts[now[key][0].metric]),
        )


def _printed_figures(runs: Sequence[Run]) -> Mapping[tuple[str, str, str], Sequence[Figure]]:
    """The figures of all runs, by label, unit and id."""
    found: defaultdict[tuple[str, str, str], list[Figure]] = defaultdict(list)
    for run in runs:
        percentiles = latency_figures(run)[:_PRINTED_PERCENTILES]
        for figure in (*throughput_figures(run), *percentiles, *measures(run)):
            found[figure.label, figure.unit, figure.identity].append(figure)
    return found


def _verdicts(compared: Comparison | Inconclusive | UsageError) -> Mapping[str, str]:
    """The verdict on each metric by its name, and on percentiles also by the id of their histogram."""
    if not isinstance(compared, Comparison):
        message = compared.message
        return defaultdict(lambda: f"{Verdict.INCONCLUSIVE.label}: {message}")
    tested = {
        name: verdict_text(metric)
        for metric in compared.metrics
        for name in (metric.name, f"{metric.id} {metric.figure}")
    }
    return defaultdict(lambda: f"{Verdict.INCONCLUSIVE.label}: not tested", tested)
