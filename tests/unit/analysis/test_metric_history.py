"""Histories: order of commits, runs of one commit, breaks, verdicts by direction."""

from __future__ import annotations

import dataclasses

import pytest

from obrelease.analysis.history.metric_history import MetricHistory, build_history
from obrelease.analysis.history.run_figures import median_interval
from obrelease.models.run_figures import FigurePoint, SeriesKey

SERIES = SeriesKey("imported", "demo", "", "v", "lab-7", "bm-match", "BM_Match", "ns", "lower")


def point(number: int, value: float, *, commit: str | None = "", toolchain: str = "gcc 12") -> FigurePoint:
    """A run of commit `c<number>`, measured at `number` seconds."""
    name = f"c{number}" if commit == "" else commit
    return FigurePoint(
        digest=f"{number:064x}",
        created_ns=number * 10**9,
        commit=name,
        dirty=False,
        toolchain=toolchain,
        labels={},
        value=value + number % 3 * 0.01,
        low=None,
        high=None,
        samples=1,
    )


def stepped(before: float = 100, after: float = 110, count: int = 30, at: int = 20) -> list[FigurePoint]:
    return [point(number, before if number < at else after) for number in range(count)]


def in_order(count: int) -> dict[str, int]:
    return {f"c{number}": number for number in range(count)}


def commits(history: MetricHistory) -> list[str | None]:
    return [each.commit for each in history.points]


def test_the_graph_decides_the_order_and_not_the_clock() -> None:
    points = [each._replace(created_ns=-each.created_ns) for each in stepped()]
    history = build_history(SERIES, points, in_order(30))
    assert commits(history) == [f"c{number}" for number in range(30)]
    assert [step.index for step in history.steps] == [20]


def test_a_backdated_run_takes_the_place_of_its_commit() -> None:
    late = point(5, 100)._replace(created_ns=10**18, digest="f" * 64)
    history = build_history(SERIES, [*stepped(), late], in_order(30))
    assert [len(each.runs) for each in history.points][4:7] == [1, 2, 1]
    assert len(history.points) == 30


def test_runs_without_a_known_commit_are_placed_by_time() -> None:
    points = [*stepped(count=10, at=99), point(4, 100, commit=None), point(6, 100, commit="gone")]
    assert commits(build_history(SERIES, points, in_order(10)))[4:9] == ["c4", None, "c5", "c6", "gone"]


def test_without_a_repository_time_decides() -> None:
    assert commits(build_history(SERIES, stepped()[::-1], {})) == [f"c{number}" for number in range(30)]


def test_the_same_runs_in_any_order_give_the_same_history() -> None:
    points = stepped()
    assert build_history(SERIES, points, in_order(30)) == build_history(SERIES, points[::-1], in_order(30))


def test_a_change_of_toolchain_is_a_break_and_no_step() -> None:
    points = [
        each._replace(toolchain="gcc 12" if number < 20 else "gcc 13")
        for number, each in enumerate(stepped(count=40))
    ]
    history = build_history(SERIES, points, in_order(40))
    assert history.breaks == (20,)
    assert history.steps == ()
    assert [stretch.toolchain for stretch in history.stretches] == ["gcc 12", "gcc 13"]


def test_a_step_behind_a_break_has_its_index_in_the_whole_history() -> None:
    points = [point(number, 50, toolchain="old") for number in range(15)]
    points += [point(number, 100 if number < 35 else 120) for number in range(15, 50)]
    history = build_history(SERIES, points, in_order(50))
    assert [(step.index, step.low, step.high) for step in history.steps] == [(35, 35, 35)]


@pytest.mark.parametrize(
    ("direction", "after", "verdict"),
    [
        ("lower", 110, "worse"),
        ("lower", 90, "better"),
        ("higher", 110, "better"),
        ("higher", 90, "worse"),
        (None, 110, "changed"),
    ],
)
def test_the_direction_decides_the_verdict(direction: str | None, after: float, verdict: str) -> None:
    series = dataclasses.replace(SERIES, direction=direction)  # type: ignore[arg-type]
    (step,) = build_history(series, stepped(after=after), in_order(30)).steps
    assert step.verdict == verdict


def test_several_runs_of_a_commit_are_one_point_and_their_step_is_between_commits() -> None:
    points = [
        point(3 * number + run, 100 if number < 8 else 105)._replace(commit=f"c{number}")
        for number in range(16)
        for run in range(3)
    ]
    history = build_history(SERIES, points, in_order(16))
    assert len(history.points) == 16
    assert history.runs == 48
    assert [step.index for step in history.steps] == [8]
    assert history.points[0].low == 100.0
    assert history.points[0].high == pytest.approx(100.02)


def test_the_interval_of_a_median_has_order_statistics() -> None:
    assert median_interval([1.0] * 5) == (None, None)
    low, high = median_interval([float(value) for value in range(100)])
    assert (low, high) == (40.0, 59.0)
