"""The minimum detectable effect stays within double range."""

from __future__ import annotations

from obrelease.analysis.statistics.power import detectable_percent


def test_a_change_beyond_double_range_is_none() -> None:
    scattered = [0.0, 300.0, -300.0, 600.0, -600.0, 0.0]
    assert detectable_percent(scattered, scattered, alpha=0.05, metrics=1) is None
    assert detectable_percent([0.0, 0.1] * 3, [0.0, 0.1] * 3, alpha=0.05, metrics=1) is not None
