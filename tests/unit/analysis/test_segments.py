"""The partition of a series, compared with the same search over all starts."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from obrelease.analysis.history.segment_starts import SegmentStarts
from obrelease.analysis.history.segments import LEAST_SEGMENT, partition
from obrelease.analysis.statistics.random_stream import RandomStream

COUNT = 400
NOISE = RandomStream(7, "noise").normal((COUNT,)) * 0.01
AT = np.arange(COUNT)
SERIES = {
    "noise": NOISE,
    "correlated": np.convolve(NOISE, 0.5 ** np.arange(9))[:COUNT],
    "steps": NOISE + (AT // 40 % 2) * 0.05,
    "large steps": NOISE + (AT // 25 % 3) * 4.0,
    "drift": NOISE + AT / COUNT,
    "walk": np.cumsum(NOISE),
    "waves": np.sin(AT / 20),
    "constant": np.full(COUNT, 3.0),
    "constant with a step": np.where(AT < 150, 3.0, 5.0),
    "ticks of a clock": np.round(NOISE * 80) / 80,
    "spikes": NOISE + (AT % 37 == 0) * 0.3,
}


def full_search(
    values: NDArray[np.float64], *, penalty: float, allowed: NDArray[np.bool_] | None = None
) -> list[int]:
    """Optimal partitioning with every start tried for every end."""
    count = values.size
    sums = np.concatenate((np.zeros(1), np.cumsum(values - np.median(values))))
    best, begins = np.full(count + 1, np.inf), np.zeros(count + 1, dtype=np.int64)
    best[0] = -penalty
    for end in range(LEAST_SEGMENT, count + 1):
        if allowed is None or allowed[end]:
            start = np.arange(end - LEAST_SEGMENT + 1)
            cost = best[start] - (sums[end] - sums[start]) ** 2 * (1.0 / (end - start))
            begins[end] = cost.argmin()
            best[end] = cost.min() + penalty
    found: list[int] = []
    end = count
    while (end := int(begins[end])) > 0:
        found.append(end)
    return found[::-1]


@pytest.mark.parametrize("penalty", [1e-8, 1e-4, 2.7e-3, 0.5])
@pytest.mark.parametrize("name", SERIES)
def test_dropped_starts_change_no_partition(name: str, penalty: float) -> None:
    values = SERIES[name]
    allowed = np.arange(COUNT + 1) % 3 != 1
    allowed[[0, COUNT]] = True
    assert partition(values, penalty=penalty) == full_search(values, penalty=penalty)
    assert partition(values, penalty=penalty, allowed=allowed) == full_search(
        values, penalty=penalty, allowed=allowed
    )


@pytest.mark.parametrize("name", ["noise", "steps", "drift", "constant"])
def test_few_starts_are_kept(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    check = SegmentStarts._check

    def recorded(starts: SegmentStarts) -> None:
        check(starts)
        kept.append(starts._count)

    monkeypatch.setattr(SegmentStarts, "_check", recorded)
    partition(np.tile(SERIES[name], 5), penalty=2.7e-3)
    assert kept
    assert max(kept) < COUNT / 2


@pytest.mark.parametrize("count", range(7))
def test_short_series_are_one_segment_or_two(count: int) -> None:
    values = np.where(np.arange(count) < LEAST_SEGMENT, 0.0, 1.0)
    assert partition(values, penalty=0.01) == ([LEAST_SEGMENT] if count == 2 * LEAST_SEGMENT else [])
