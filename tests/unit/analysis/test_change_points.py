"""Steps, drifts and undecided changes of series whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from obrelease.analysis.history.change_points import LEAST_POINTS, Changes, find_changes
from obrelease.analysis.statistics.random_stream import RandomStream


def series(count: int, *, sd: float = 0.01, seed: int = 1) -> np.ndarray:
    return RandomStream(seed, "series").normal((count,)) * sd


def changes_of(logs: np.ndarray, groups: list[int] | None = None) -> Changes:
    found = find_changes((100 * np.exp(logs)).tolist(), groups=groups)
    assert found is not None
    return found


def alarms(series: list[np.ndarray]) -> int:
    return sum(bool(found.steps) for values in series if (found := find_changes(values.tolist())) is not None)


def test_a_short_series_is_not_searched() -> None:
    assert find_changes([1.0] * (LEAST_POINTS - 1)) is None
    assert find_changes([1.0] * LEAST_POINTS) is not None


def test_a_step_is_placed_with_its_ratio_and_interval() -> None:
    logs = series(200)
    logs[120:] += math.log(1.05)
    (step,) = changes_of(logs).steps
    assert step.index == 120
    assert step.low <= 120 <= step.high
    assert step.ratio is not None
    assert step.ratio_low is not None
    assert step.ratio_high is not None
    assert step.ratio_low < 1.05 < step.ratio_high
    assert step.ratio == pytest.approx(step.after / step.before)
    assert not step.fresh


def test_a_large_step_in_a_short_series_is_no_noise() -> None:
    """Pairs on both sides of the step are left out of the noise: with them it would hide itself."""
    found = 0
    for seed in range(20):
        for before in (8, 11, 15):
            logs = series(before + 8, seed=seed)
            logs[before:] += math.log(1.15)
            found += [abs(step.index - before) <= 1 for step in changes_of(logs).steps] == [True]
    assert found >= 54


def test_a_larger_step_in_a_short_series_is_found_at_least_as_often() -> None:
    def found(percent: float) -> int:
        step = np.repeat([0.0, math.log(1 + percent / 100)], 10)
        return sum(bool(changes_of(series(20, seed=seed) + step).steps) for seed in range(60))

    assert 55 <= found(20) >= found(6) >= found(2)


def test_two_modes_of_a_short_series_are_its_noise() -> None:
    modes = [RandomStream(seed, "modes").uniform((20,)) < 0.35 for seed in range(60)]
    assert alarms([100 + 5.0 * mode + series(20, seed=7) for mode in modes]) <= 3


def test_noise_alone_has_no_step() -> None:
    found = changes_of(series(300))
    assert (found.steps, found.drifts) == ((), ())
    assert found.relative_sd == pytest.approx(0.01, rel=0.2)


def test_lone_spikes_are_no_steps_and_do_not_move_levels() -> None:
    logs = series(200)
    logs[[20, 21, 90, 150]] += math.log(3)
    found = changes_of(logs)
    assert found.steps == ()
    assert found.levels[0][1] == pytest.approx(100, rel=0.005)


def test_a_slow_change_is_a_drift() -> None:
    logs = series(200) + np.linspace(0, math.log(1.08), 200)
    found = changes_of(logs)
    assert found.steps == ()
    (drift,) = found.drifts
    assert (drift.begin, drift.last) == (0, 199)
    assert drift.after / drift.before == pytest.approx(1.08, rel=0.01)


def test_a_step_beside_a_drift_is_a_step() -> None:
    logs = series(400)
    logs[100:] += math.log(1.1)
    logs[200:] += np.linspace(0, math.log(1.1), 200)
    found = changes_of(logs)
    assert [abs(step.index - 100) <= 1 for step in found.steps] == [True]
    assert len(found.drifts) == 1
    assert found.drifts[0].last == 399


def test_the_newest_points_are_a_fresh_step() -> None:
    logs = series(120)
    logs[-4:] += math.log(1.04)
    (step,) = changes_of(logs).steps
    assert abs(step.index - 116) <= 1
    assert step.low <= 116 <= step.high


def test_an_undecided_step_names_the_points_that_would_decide() -> None:
    logs = np.tile([0.01, -0.01], 60)
    undecided = 0
    for percent in np.arange(0.2, 4, 0.1):
        moved = logs.copy()
        moved[-3:] += math.log(1 + percent / 100)
        found = changes_of(moved)
        if found.possible is not None:
            undecided += 1
            assert found.steps == ()
            assert found.possible.more_points > 0
            longer = np.concatenate((moved, moved[-3:].mean() + np.tile([0.005, -0.005], 15)))
            assert changes_of(longer).steps
    assert undecided


def test_exact_counts_show_the_smallest_step() -> None:
    found = find_changes([1_000_000] * 40 + [1_001_000] * 40)
    assert found is not None
    assert [(step.index, step.low, step.high) for step in found.steps] == [(40, 40, 40)]
    assert find_changes([7.0] * 50) is not None
    constant = find_changes([7.0] * 50)
    assert constant is not None
    assert constant.steps == ()


def test_whole_ticks_of_a_clock_are_noise() -> None:
    stream = RandomStream(3, "ticks")
    assert alarms([np.rint(10.3 + 0.4 * stream.normal((200,))) for _ in range(100)]) <= 4


def test_two_modes_are_noise() -> None:
    stream = RandomStream(4, "modes")
    series = [
        100 + np.where(stream.uniform((200,)) < 0.3, 5, 0) + 0.3 * stream.normal((200,)) for _ in range(100)
    ]
    assert alarms(series) <= 4


def test_series_around_zero_have_differences_and_no_ratio() -> None:
    found = find_changes([0.0] * 20 + [1.0] * 20)
    assert found is not None
    (step,) = found.steps
    assert (step.index, step.before, step.after, step.ratio) == (20, 0.0, 1.0, None)


def test_a_level_begins_with_a_group() -> None:
    logs = series(120)
    logs[61:] += math.log(1.1)
    groups = [number // 5 for number in range(120)]
    (step,) = changes_of(logs, groups).steps
    assert step.index == 60


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e12])
def test_the_unit_changes_nothing(scale: float) -> None:
    logs = series(150)
    logs[80:] += math.log(1.05)
    values = 100 * np.exp(logs)
    first, second = find_changes(values.tolist()), find_changes((values * scale).tolist())
    assert first is not None
    assert second is not None
    assert [step.index for step in first.steps] == [step.index for step in second.steps] == [80]


def test_a_mirrored_series_has_mirrored_ratios() -> None:
    logs = series(150)
    logs[80:] += math.log(1.05)
    (up,), (down,) = changes_of(logs).steps, changes_of(-logs).steps
    assert up.index == down.index
    assert up.ratio is not None
    assert down.ratio is not None
    assert up.ratio * down.ratio == pytest.approx(1, rel=1e-6)
