"""Series of metrics: samples come before aggregates, notes are made once."""

from __future__ import annotations

from obrelease.importers.metric_series import MetricSeries
from obrelease.importers.tool_run import LeftOut


def test_samples_in_order_and_aggregates_beside_them_are_dropped() -> None:
    series = MetricSeries()
    series.add("a", 2.0, "ns", "lower")
    series.add("b", 5.0, "1", None, primary=False)
    series.add("a", 1.0, "ns", "lower")
    series.add("a", 1.5, "ns", "lower", aggregate="median")
    first, second = series.metrics()
    assert (first.name, list(first.samples), first.summary, first.primary) == ("a", [2.0, 1.0], None, True)
    assert (second.name, list(second.samples), second.direction, second.primary) == ("b", [5.0], None, False)


def test_the_value_of_a_summary_is_the_median_or_else_the_mean() -> None:
    series = MetricSeries()
    for name, figures in {
        "a": ("mean", "median", "min"),
        "b": ("stddev", "mean"),
        "c": ("min", "max"),
    }.items():
        for number, figure in enumerate(figures):
            series.add(name, float(number), "ns", "lower", aggregate=figure, count=7)
    found = {metric.name: metric.summary for metric in series.metrics()}
    assert {
        name: (each.statistic, each.value, each.count, dict(each.figures))
        for name, each in found.items()
        if each
    } == {
        "a": ("median", 1.0, 7, {"mean": 0.0, "minimum": 2.0}),
        "b": ("mean", 1.0, 7, {"stddev": 0.0}),
        "c": ("minimum", 0.0, 7, {"maximum": 1.0}),
    }


def test_a_note_is_made_once() -> None:
    series = MetricSeries()
    for reason in ("bad", "bad", "worse"):
        series.leave_out("a", reason)
    assert series.left_out == [LeftOut("a", "bad"), LeftOut("a", "worse")]
