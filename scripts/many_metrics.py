"""Made-up runs of many metrics: how often the comparison is wrong, and what it finds.

The second table of `scripts/calibrate_gate.py`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.comparison.verdict import Evidence, Rules, Verdict, decide
from obrelease.analysis.statistics.max_t import MetricTable, PreparedTable, step_down
from obrelease.analysis.statistics.mean_difference import mean_difference
from obrelease.analysis.statistics.random_stream import RandomStream

FOUND = {Verdict.BETTER, Verdict.WORSE}
CHANGE_PERCENT = 5.0
OFFSET = 0.005
"""Standard deviation of a run's offset, and of the noise beside it, in logarithms."""


@dataclass(frozen=True)
class ManyMetrics:
    """A row of the second table: how many metrics, and what they share.

    Each metric of a run is off by an offset of the run and by noise of its own, both of 0.5 % (one sigma).
    `noise` is `normal` or `t(3)`, of heavy tails; if not `shared`, each metric has an offset of its own.
    """

    metrics: int
    noise: str
    shared: bool


@dataclass(frozen=True)
class ManyMetricsRow:
    """Shares of the trials in percent.

    Attributes:
        significant: trials without any change in which the test finds one in any metric.
        alarms: those in which a verdict is better or worse.
        found: trials in which the one metric that became `CHANGE_PERCENT` slower is worse.
        others: those in which another metric is better or worse.
    """

    setting: ManyMetrics
    trials: int
    significant: float
    alarms: float
    found: float
    others: float


def many_metrics_settings() -> tuple[ManyMetrics, ...]:
    """The rows of the second table."""
    return tuple(
        ManyMetrics(metrics, noise, shared)
        for metrics in (1, 10, 50, 200)
        for noise in ("normal", "t(3)")
        for shared in (True, False)
    )


def measure_many(setting: ManyMetrics, runs: int, trials: int, seed: int, rules: Rules) -> ManyMetricsRow:
    """Compare every trial twice, without a change and with one metric that is slower, and count."""
    counts: Counter[str] = Counter()
    for trial in range(trials):
        logs = many_metrics(setting, runs, RandomStream(seed, f"{setting}/{trial}"))
        same = significant_verdicts(logs, runs, rules)
        counts["significant"] += bool(same)
        counts["alarms"] += not FOUND.isdisjoint(same.values())
        logs[0, runs:] += math.log1p(CHANGE_PERCENT / 100)
        changed = significant_verdicts(logs, runs, rules)
        counts["found"] += changed.pop(0, None) is Verdict.WORSE
        counts["others"] += not FOUND.isdisjoint(changed.values())
    share = {name: 100 * counts[name] / trials for name in ("significant", "alarms", "found", "others")}
    return ManyMetricsRow(setting, trials, **share)


def significant_verdicts(logs: NDArray[np.float64], runs: int, rules: Rules) -> dict[int, Verdict]:
    """The verdicts on the metrics that the test finds, by their places; no others can be better or worse."""
    order = [place for turn in range(runs) for place in (turn, runs + turn)]
    metrics = len(logs)
    table = MetricTable(
        logs[:, order], np.arange(2 * runs) % 2 == 0, np.zeros(metrics, dtype=np.int64), np.ones(metrics)
    )
    (result,) = step_down([PreparedTable.of(table, draws=rules.resamples, seed=rules.seed)])
    found = mean_difference(logs[:, :runs], logs[:, runs:], confidence=rules.confidence)
    limit = math.log1p(rules.threshold_percent / 100)
    verdicts = {}
    for place in np.flatnonzero(result.p_adjusted <= rules.alpha).tolist():
        change, low, high = (float(each[place]) for each in (found.difference, found.low, found.high))
        evidence = Evidence((runs, runs), change, low, high, limit, float(result.p_adjusted[place]))
        verdicts[place] = decide(evidence, "lower", rules.threshold_percent, rules).verdict
    return verdicts


def many_metrics(setting: ManyMetrics, runs: int, stream: RandomStream) -> NDArray[np.float64]:
    """Log values, float64 [metrics, runs of both sides]."""
    shape = setting.metrics, 2 * runs
    noise = stream.normal(shape)
    if setting.noise == "t(3)":
        noise = noise / np.sqrt((stream.normal((3, *shape)) ** 2).sum(axis=0))
    offset = stream.normal((1, 2 * runs) if setting.shared else shape)
    return np.asarray(OFFSET * (offset + noise))


def many_metrics_table(rows: Sequence[ManyMetricsRow]) -> str:
    """The rows of many metrics as a Markdown table."""
    lines = [
        "| metrics | noise | offset of a run | trials | significant without a change | false alarms "
        f"| found, one {CHANGE_PERCENT:g} % slower | false alarms on others |",
        "|--:|--|--|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        setting = row.setting
        cells = (
            str(setting.metrics),
            setting.noise,
            "shared" if setting.shared else "of each metric",
            f"{row.trials:,}",
            *(f"{share:.1f} %" for share in (row.significant, row.alarms, row.found, row.others)),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
