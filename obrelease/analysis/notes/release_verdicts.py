"""Verdicts for the notes of a release: the comparison of runs, asked figure by figure."""

from __future__ import annotations

from collections.abc import Mapping

from obrelease.analysis.comparison.compare import Compared, compare
from obrelease.analysis.comparison.run_metrics import Run
from obrelease.analysis.comparison.verdict import Rules, Verdict
from obrelease.analysis.notes.release_delta import Judge, Runs
from obrelease.errors import Inconclusive, UsageError


def judge_by(known: Mapping[str, Run], rules: Rules | None = None) -> Judge:
    """A judge of the runs in `known`, by digest; each two sides are compared once.

    Every answer is a verdict with its interval, or `cannot tell` with the reason.
    """
    chosen = rules or Rules()
    answers: dict[tuple[str, ...], Mapping[str, Compared] | str] = {}

    def judge(figure: str, former: Runs, now: Runs) -> str:
        sides = [[known[run.artefact_digest] for run in side] for side in (former, now)]
        pair = (*(run.digest for run in sides[0]), "", *(run.digest for run in sides[1]))
        if pair not in answers:
            answers[pair] = _metrics(sides[0], sides[1], chosen)
        found = answers[pair]
        if isinstance(found, str):
            return f"{Verdict.CANNOT_TELL}: {found}"
        metric = found.get(_metric_name(figure, sides[1][0]))
        return f"{Verdict.CANNOT_TELL}: not tested" if metric is None else verdict_text(metric)

    return judge


def verdict_text(metric: Compared) -> str:
    """`worse, 0.909 (0.901 to 0.915)`: verdict, ratio and interval; the reason where none was reached."""
    decision = metric.decision
    words = str(decision.verdict)
    if decision.verdict is Verdict.CANNOT_TELL:
        words += f": {decision.reason}"
    if metric.test is None or metric.low is None or metric.high is None:
        return words
    return f"{words}, {metric.ratio:.3f} ({metric.low:.3f} to {metric.high:.3f})"


def _metrics(base: list[Run], head: list[Run], rules: Rules) -> Mapping[str, Compared] | str:
    try:
        return {metric.name: metric for metric in compare(base, head, rules).metrics}
    except (Inconclusive, UsageError) as error:
        return error.message


def _metric_name(figure: str, run: Run) -> str:
    """What the comparison calls a figure of the notes: `p99 (service)` is of the first histogram."""
    quantile, clock, _ = figure.partition(" (")
    return f"{next(iter(run.histograms), '')} {quantile}" if clock else figure
