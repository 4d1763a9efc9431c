"""The badge of a comparison: what it counts, and its colour."""

from __future__ import annotations

import pytest

from obrelease.analysis.history.metric_history import build_history
from obrelease.analysis.notes.badge import comparison_badge, history_badge
from obrelease.models.run_figures import FigurePoint, SeriesKey
from tests.unit.analysis.test_comparison_report import compared


@pytest.mark.parametrize(
    ("head", "message", "colour"),
    [
        ({"put": 100, "get": 50}, "2 same", "green"),
        ({"put": 130, "get": 50}, "1 worse", "red"),
        ({"put": 130, "get": 25}, "1 worse, 1 better", "red"),
        ({"put": 100, "get": 25}, "1 better", "brightgreen"),
        ({"put": 100}, "1 gone", "orange"),
    ],
)
def test_the_worst_decides_the_colour(head: dict[str, float], message: str, colour: str) -> None:
    badge = comparison_badge([("", compared({"put": 100, "get": 50}, head))])
    assert badge == {"schemaVersion": 1, "label": "benchmarks", "message": message, "color": colour}


def test_the_label_is_one_short_line_of_visible_text() -> None:
    badge = comparison_badge([], "x\n\u202e" + "y" * 100)
    assert str(badge["label"]).startswith("x\ufffd\ufffdyyy")
    assert len(str(badge["label"])) == 60
    assert badge["message"] == "nothing compared"


@pytest.mark.parametrize(
    ("points", "alarms", "message", "colour"),
    [
        (30, 2, "2 worse", "red"),
        (30, 0, "1 without an open regression", "brightgreen"),
        (5, 0, "too few runs", "lightgrey"),
    ],
)
def test_the_badge_of_histories_tells_open_regressions(
    points: int, alarms: int, message: str, colour: str
) -> None:
    series = SeriesKey("imported", "demo", "", "v", "lab-7", "m", "m", "ns", "lower")
    runs = [
        FigurePoint(f"{at:064x}", at, f"c{at}", False, "", {}, 100.0 + at % 3, None, None, 1)
        for at in range(points)
    ]
    badge = history_badge([build_history(series, runs, {})], ["alarm"] * alarms)
    assert (badge["message"], badge["color"]) == (message, colour)
