"""The gate over histories: steps to worse values of the metrics that a policy guards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from obrelease.analysis.comparison.gate import GateVerdict
from obrelease.analysis.comparison.gate_policy import GatePolicy, GuardedMetric
from obrelease.analysis.comparison.metric_names import matches, some_names
from obrelease.analysis.comparison.row_selection import RowPattern
from obrelease.analysis.history.change_points import LEAST_POINTS
from obrelease.analysis.history.metric_history import HistoryStep, MetricHistory
from obrelease.errors import InvalidInput

_COMMIT_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class HistoryGateResult:
    """The verdict, a line for each history that prevents a pass, and what does not decide.

    Attributes:
        guarded: the histories that the policy guards.
    """

    verdict: GateVerdict
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]
    guarded: tuple[MetricHistory, ...]


def evaluate_history(
    policy: GatePolicy,
    histories: Sequence[MetricHistory],
    alarms: Sequence[tuple[MetricHistory, HistoryStep]],
) -> HistoryGateResult:
    """Evaluate a policy on histories.

    An alarm of a guarded metric whose size reaches the threshold is a regression. A required metric with too
    few runs to find a step, or whose newest runs may be a step that is not decided, is inconclusive.

    Args:
        alarms: steps to worse values that are neither accepted nor taken back.

    Raises:
        InvalidInput: a name in the policy matches no metric of the histories.
    """
    worse: dict[str, None] = {}
    undecided: dict[str, None] = {}
    remarks: list[str] = []
    guarded: dict[int, MetricHistory] = {}
    for guard in policy.metric:
        selected = _selected(guard, histories)
        if not selected:
            remarks.append(_without_history(guard, histories))
            continue
        threshold = guard.threshold_percent or policy.threshold_percent
        guarded |= {id(history): history for history in selected}
        for history, step in alarms:
            if id(history) in {id(each) for each in selected} and _size_percent(step) >= threshold:
                worse[_alarm(history, step, threshold)] = None
        if guard.required:
            undecided |= dict.fromkeys(_undecided(selected))
    verdict = GateVerdict.REGRESSION if worse else GateVerdict.INCONCLUSIVE if undecided else GateVerdict.OK
    rest = (*remarks, *(undecided if worse else ()))
    return HistoryGateResult(verdict, tuple(worse or undecided), rest, tuple(guarded.values()))


def _selected(guard: GuardedMetric, histories: Sequence[MetricHistory]) -> list[MetricHistory]:
    """The histories of a guard; secondary metrics only if it asks for them or selects no others."""
    found = [
        history
        for history in histories
        if matches(history.series.name, guard.name) or history.series.metric_id == guard.name
    ]
    primary = [history for history in found if history.series.primary]
    return found if guard.secondary or not primary else primary


def _without_history(guard: GuardedMetric, histories: Sequence[MetricHistory]) -> str:
    names = [history.series.name for history in histories]
    if any(RowPattern(guard.name, guard.secondary).guards(name) for name in names):
        return f"{guard.name}: tails and spreads of samples have no history"
    raise InvalidInput(
        f"the policy guards {guard.name!r}, which matches no metric of the histories; they have: "
        f"{some_names(names)}"
    )


def _size_percent(step: HistoryStep) -> float:
    """The change in percent in either direction; infinite for levels without a ratio."""
    ratio = step.step.ratio
    return float("inf") if ratio is None or ratio <= 0 else 100 * (max(ratio, 1 / ratio) - 1)


def _alarm(history: MetricHistory, step: HistoryStep, threshold: float) -> str:
    each = step.step
    if each.ratio is None or each.ratio_low is None or each.ratio_high is None:
        change = f"from {each.before:.4g} to {each.after:.4g} {history.series.unit}"
    else:
        change = f"ratio {each.ratio:.3f} ({each.ratio_low:.3f} to {each.ratio_high:.3f})"
    return (
        f"{_name(history)}: worse since {_commit(history, step.index)}, {change}, threshold {threshold:g} %"
    )


def _undecided(selected: Sequence[MetricHistory]) -> Iterator[str]:
    """Why a step to worse values cannot be ruled out; metrics without a direction decide only if alone."""
    directed = [history for history in selected if history.series.direction is not None]
    if not directed:
        yield from (f"{_name(history)}: has no better direction" for history in selected)
    for history in directed:
        last = history.stretches[-1]
        if last.changes is None:
            runs = sum(len(point.runs) for point in history.points[last.begin : last.end])
            yield (
                f"{_name(history)}: {runs} runs without a break; a step is found from {LEAST_POINTS} runs on"
            )
        elif history.undecided is not None:
            index, possible = history.undecided
            ratio = "" if possible.ratio is None else f" to {possible.ratio:.3f} times"
            if not _is_better(history, possible.ratio):
                yield (
                    f"{_name(history)}: a change{ratio} since {_commit(history, index)} is possible; "
                    f"{possible.more_points} more runs would decide"
                )


def _is_better(history: MetricHistory, ratio: float | None) -> bool:
    return ratio is not None and (ratio < 1) == (history.series.direction == "lower")


def _name(history: MetricHistory) -> str:
    return f"{history.series.name} on {history.series.machine}"


def _commit(history: MetricHistory, index: int) -> str:
    commit = history.points[index].commit
    return commit[:_COMMIT_DIGITS] if commit else "an unknown commit"
