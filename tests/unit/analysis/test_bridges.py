"""Bridges over breaks: a commit measured on both sides separates the toolchain from the code."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import pytest

from obrelease.analysis.history.bridge_text import bridge_lines
from obrelease.analysis.history.machines import join_machines
from obrelease.analysis.history.metric_history import MetricHistory, build_history
from obrelease.models.run_figures import FigurePoint, SeriesKey

SERIES = SeriesKey("imported", "demo", "", "v", "lab-7", "bm-match", "BM_Match", "ns", "lower")
COUNT, BREAK, ANCHOR = 60, 30, 27
ORDER = {f"c{number}": number for number in range(COUNT)}
NOISE = [(number * 7 % 5 - 2) * 0.003 for number in range(COUNT + 20)]


def run(number: int, commit: int, value: float, toolchain: str) -> FigurePoint:
    noisy = value * math.exp(NOISE[number])
    return FigurePoint(
        f"{number:064x}", number * 10**9, f"c{commit}", False, toolchain, {}, noisy, None, None, 1
    )


def upgraded(*, code: float = 1.0, anchors: int = 6, flat: bool = False) -> list[FigurePoint]:
    """gcc 13 makes everything 1.2 times as slow from commit 30 on; commit 27 is measured again with it."""
    runs = [
        run(number, number, 100 if number < BREAK else 120 * code, "gcc 12" if number < BREAK else "gcc 13")
        for number in range(COUNT)
    ]
    extra = [run(COUNT + each, ANCHOR, 100, "gcc 12") for each in range(anchors)]
    extra += [run(COUNT + 10 + each, ANCHOR, 120, "gcc 13") for each in range(anchors)]
    return runs if flat else [*runs, *extra]


def build(points: list[FigurePoint]) -> MetricHistory:
    return build_history(SERIES, points, ORDER)


def test_without_an_anchor_a_change_of_toolchain_is_a_break_and_the_way_over_it_is_told() -> None:
    history = build(upgraded(flat=True))
    assert (history.breaks, history.bridges) == ((BREAK,), ())
    (line,) = bridge_lines(history)
    assert line.endswith("To bridge it, measure an old commit again: obrelease measure --against c29")


def test_an_anchor_bridges_the_break_and_the_toolchain_is_no_step() -> None:
    history = build(upgraded())
    assert (history.breaks, history.steps) == ((), ())
    (bridge,) = history.bridges
    assert bridge.index == BREAK
    assert bridge.anchors == (("c27", 7, 6),)
    assert bridge.ratio == pytest.approx(1.2, rel=0.01)
    assert bridge.ratio_low is not None
    assert bridge.ratio_high is not None
    assert bridge.ratio_low < 1.2 < bridge.ratio_high < bridge.ratio_low * 1.05
    assert history.measured_again == 6
    assert [each.commit for each in history.points] == list(ORDER)
    assert history.points[ANCHOR].value == pytest.approx(100, rel=0.02)


def test_a_change_of_the_code_at_the_break_is_found_across_the_bridge() -> None:
    (step,) = build(upgraded(code=1.1)).steps
    assert (step.index, step.verdict) == (BREAK, "worse")
    assert step.step.ratio == pytest.approx(1.1, rel=0.015)


def test_the_interval_of_a_step_at_a_bridge_has_the_error_of_the_bridge() -> None:
    def width(anchors: int) -> float:
        (step,) = build(upgraded(code=1.2, anchors=anchors)).steps
        assert step.step.ratio_low
        assert step.step.ratio_high
        return step.step.ratio_high / step.step.ratio_low

    assert width(1) > width(6) * 1.01


def test_a_step_that_the_error_of_the_bridge_may_explain_is_none() -> None:
    off = [
        each._replace(value=each.value * 1.02) if each.digest == f"{COUNT + 10:064x}" else each
        for each in upgraded(anchors=1)
    ]
    without_first = [each for each in off if each.digest != f"{COUNT:064x}"]
    history = build(without_first)
    (stretch,) = history.stretches
    assert stretch.changes is not None
    assert [step.index for step in stretch.changes.steps]  # the partition sees what one run got wrong
    assert history.steps == ()


def test_runs_of_a_changed_work_tree_are_no_anchor() -> None:
    dirty = [
        each._replace(dirty=True) if each.toolchain == "gcc 13" and each.commit == "c27" else each
        for each in upgraded()
    ]
    history = build(dirty)
    assert (history.breaks, history.bridges) == ((BREAK,), ())


def test_a_history_that_was_measured_again_in_full_has_no_break() -> None:
    again = [run(number, number, 120, "gcc 13") for number in range(BREAK)]
    again = [
        each._replace(digest="f" + each.digest[1:], created_ns=10**12 + each.created_ns) for each in again
    ]
    history = build([*upgraded(flat=True), *again])
    assert (history.breaks, history.bridges, history.measured_again) == ((), (), BREAK)
    assert {each.runs[0].toolchain for each in history.points} == {"gcc 13"}


def test_values_of_zero_are_not_bridged() -> None:
    zero = [each._replace(value=0.0) if each.commit == "c27" else each for each in upgraded()]
    assert build(zero).breaks == (BREAK,)


def test_a_machine_is_bridged_only_if_machines_are_joined() -> None:
    old, new = SERIES, dataclasses.replace(SERIES, machine="lab-8")
    points = [each._replace(toolchain="gcc 12") for each in upgraded()]
    is_new: Callable[[FigurePoint], bool] = lambda each: each.value > 110  # noqa: E731
    found = [(old, [p for p in points if not is_new(p)]), (new, [p for p in points if is_new(p)])]
    ((key, joined),) = join_machines(found)
    assert key.machine == "lab-8 (before: lab-7)"
    history = build_history(key, joined, ORDER)
    (bridge,) = history.bridges
    assert (bridge.index, bridge.toolchain) == (BREAK, "lab-8, gcc 12")
    assert bridge_lines(history)[0].startswith("Bridged at c30: 1.196x (1.187 to 1.206) is of lab-8, gcc 12")


def test_other_metrics_are_not_joined() -> None:
    other = dataclasses.replace(SERIES, metric_id="bm-put", name="BM_Put", machine="lab-8")
    found = [(SERIES, upgraded()), (other, upgraded())]
    assert join_machines(found) == found
