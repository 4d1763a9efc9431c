"""Long series become histograms or summaries, and nothing is lost without a note."""

from __future__ import annotations

import pytest

from obrelease.analysis.histograms.histogram_log import decode
from obrelease.importers import sample_limits
from obrelease.importers.sample_limits import KEPT_SAMPLES, limit_samples
from obrelease.importers.tool_run import ToolMetric


def metric(name: str, samples: list[float], unit: str = "ns") -> ToolMetric:
    return ToolMetric(name, unit, "lower", samples=samples)


def test_short_series_are_kept() -> None:
    made = [metric("a", [1.5] * KEPT_SAMPLES), metric("b", [2.0])]
    limited = limit_samples(made)
    assert (limited.metrics, limited.notes) == (made, [])


def test_a_long_series_becomes_a_histogram() -> None:
    samples = [1_000.0 + number for number in range(KEPT_SAMPLES + 1)]
    limited = limit_samples([metric("a", samples), metric("b", [1.0])])
    histogram = limited.metrics[0].histogram
    assert histogram
    assert not limited.metrics[0].samples
    assert histogram.count == KEPT_SAMPLES + 1
    assert decode(histogram.log).percentile_ns(50) == pytest.approx(1_000 + KEPT_SAMPLES / 2, rel=1e-3)
    assert limited.metrics[1].samples == [1.0]
    assert limited.notes == ["1 series of more than 10,000 samples is kept as histograms"]


@pytest.mark.parametrize(("lowest", "unit"), [(999.0, "ns"), (5_000.0, "B"), (0.0, "ns")])
def test_where_a_histogram_would_be_coarse_it_is_a_summary(lowest: float, unit: str) -> None:
    samples = [lowest + number / 8 for number in range(KEPT_SAMPLES + 1)]
    limited = limit_samples([metric("a", samples, unit)])
    summary = limited.metrics[0].summary
    assert summary
    assert (summary.value, summary.statistic, summary.count) == (
        lowest + KEPT_SAMPLES / 16,
        "median",
        KEPT_SAMPLES + 1,
    )
    assert summary.figures["minimum"] == lowest
    assert summary.figures["p90"] == pytest.approx(lowest + KEPT_SAMPLES * 0.9 / 8)
    assert limited.notes == ["1 series of more than 10,000 samples is kept as summaries"]


def test_the_sum_of_a_run_is_bounded_whatever_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_limits, "KEPT_SAMPLES_OF_RUN", 5_000)
    monkeypatch.setattr(sample_limits, "MAX_HISTOGRAMS", 2)
    made = [metric(f"m{number}", [2_000.0] * 2_000) for number in range(4)] + [metric("small", [1.0] * 900)]
    for order in (made, made[::-1]):
        limited = limit_samples(order)
        kept = {each.name: len(each.samples) for each in limited.metrics}
        assert kept == {"m0": 0, "m1": 0, "m2": 0, "m3": 0, "small": 900}
        assert sum(each.histogram is not None for each in limited.metrics) == 2
        assert sum(each.summary is not None for each in limited.metrics) == 2
        assert len(limited.notes) == 2
