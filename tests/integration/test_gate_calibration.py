"""The calibration script: few false alarms where nothing changed, few misses where much did."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from obrelease.analysis.comparison.compare import compare
from obrelease.analysis.comparison.verdict import Rules
from obrelease.analysis.statistics.random_stream import RandomStream
from obrelease.analysis.summary.run import Metric
from obrelease.models.artefact import own_series
from obrelease.registry.store import Registry
from scripts import calibrate_gate, many_metrics
from tests.drafts import draft
from tests.made_up_metrics import metric, side_of


def shares(trials: int, **injected: float) -> tuple[float, float, float]:
    """Percent of trials with a false alarm, with the injected change found, and with a gate that fired."""
    setting = calibrate_gate.Setting("a row", 1.0, **injected)
    guard = calibrate_gate.policy(2.0, 500, [calibrate_gate.THROUGHPUT, calibrate_gate.P99])
    row = calibrate_gate.measure(setting, calibrate_gate.made_up(setting, 6, trials, seed=1), guard)
    return row.alarms, row.found or 0.0, row.gate_regression


def test_false_alarms_are_rare() -> None:
    """Rule: at a level of 5 %, 40 trials have more than 5 false alarms once in a hundred calibrations."""
    alarms, _, fired = shares(40)
    assert alarms <= 12.5
    assert fired <= 12.5


@pytest.mark.parametrize("injected", [{"throughput_percent": 10.0}, {"p99_percent": 10.0}])
def test_an_injected_slowdown_is_found(injected: dict[str, float]) -> None:
    _, found, fired = shares(12, **injected)
    assert found >= 90
    assert fired >= 90


@pytest.mark.parametrize("noise", ["normal", "t(3)"])
def test_one_metric_among_many_is_found(noise: str) -> None:
    """Rule: a change of 5 % among 50 metrics is found in 95 % of the trials, at 5 % of false alarms."""
    row = many_metrics.measure_many(many_metrics.ManyMetrics(50, noise, shared=True), 6, 40, 1, Rules())
    assert row.significant <= 12.5
    assert row.found >= 90
    assert row.others <= 12.5


def sides(logs: NDArray[np.float64]) -> list[tuple[str, NDArray[np.float64]]]:
    return [("base", logs[:, :6]), ("head", logs[:, 6:])]


def metrics_of(logs: NDArray[np.float64]) -> list[list[Metric]]:
    """The metrics of each run."""
    return [[metric(f"m{n}", math.exp(value)) for n, value in enumerate(run)] for run in logs.T.tolist()]


def test_the_verdicts_of_the_trials_are_those_of_a_comparison() -> None:
    """Rule: the shortcut of the script gives the verdict that `compare` gives."""
    setting = many_metrics.ManyMetrics(10, "t(3)", shared=True)
    for trial in range(4):
        logs = many_metrics.many_metrics(setting, 6, RandomStream(7, f"trial/{trial}"))
        logs[:2, 6:] += 0.05
        base, head = (side_of(name, metrics_of(part)) for name, part in sides(logs))
        compared = compare(base, head).metrics
        found = [n for n, row in enumerate(compared) if (row.p_adjusted or 1.0) <= 0.05]
        verdicts = {n: compared[n].decision.verdict for n in found}
        assert many_metrics.significant_verdicts(logs, 6, Rules()) == verdicts


@pytest.mark.nightly
def test_a_thousand_trials_stay_at_the_level() -> None:
    """Rule: the share of false alarms is 5 %, within the error of the trials, and a change is found."""
    for noise_percent in (1.0, 3.0):
        setting = calibrate_gate.Setting("A/A", noise_percent)
        guard = calibrate_gate.policy(2.0, 10_000, [calibrate_gate.THROUGHPUT, calibrate_gate.P99])
        row = calibrate_gate.measure(setting, calibrate_gate.made_up(setting, 6, 500, seed=1), guard)
        assert row.alarms <= calibrate_gate.most_alarms(500)
        assert row.gate_regression <= calibrate_gate.most_alarms(500)
    for setting in many_metrics.many_metrics_settings():
        row = many_metrics.measure_many(setting, 6, 1_000, 1, Rules())
        assert row.significant <= calibrate_gate.most_alarms(1_000)
        assert row.found >= 95


def test_recorded_runs_are_split_and_their_rates_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    registry = Registry(tmp_path / "results")
    for number in range(12):
        walls = tuple(2_000_000 + 1_000 * ((number * 7 + part * 3) % 13) for part in range(4))
        wall = own_series("pass-wall", "ns", walls)
        registry.record(draft(number, metrics=(wall,), workload=draft().workload), [])
    figures = tmp_path / "figures.json"
    words = ["--real", str(registry.root), "--trials", "10", "--resamples", "500", "--json", str(figures)]
    assert calibrate_gate.main(words) == 0
    assert "| A/A from 12 recorded runs | as recorded | 10 |" in capsys.readouterr().out
    (row,) = json.loads(figures.read_text("utf-8"))["processes"]
    assert row["trials"] == 10
    assert row["alarms"] <= 10
    assert calibrate_gate.main(["--from", str(figures)]) == 0
    assert capsys.readouterr().out.startswith("| injected | offset of a process | trials |")
    with pytest.raises(SystemExit, match="12 such runs, 14 are needed"):
        calibrate_gate.main([*words, "--runs", "7"])
