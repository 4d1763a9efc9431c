"""The generator: the published mixing function, streams apart, and bounds that hold."""

from __future__ import annotations

import numpy as np

from obrelease.analysis.statistics.random_stream import RandomStream
from obrelease.storage.hashing import digest_bytes

MASK = 2**64 - 1


def split_mix(state: int) -> int:
    """SplitMix64's output function as published, in Python integers."""
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & MASK
    return state ^ (state >> 31)


def test_blocks_of_any_size_are_the_published_sequence() -> None:
    start = int(digest_bytes(b"7/runs")[:16], 16)
    expected = [split_mix((start + step * 0x9E3779B97F4A7C15) & MASK) for step in range(1, 11)]
    stream = RandomStream(7, "runs")
    assert [*stream.bits(3).tolist(), *stream.bits(7).tolist()] == expected


def test_streams_and_seeds_share_no_start() -> None:
    starts = {int(RandomStream(seed, stream).bits(1)[0]) for seed in range(20) for stream in ("a", "b")}
    assert len(starts) == 40


def test_bounded_draws_reach_every_value_and_no_other() -> None:
    drawn = RandomStream(1).integers(6, (100, 60))
    assert drawn.shape == (100, 60)
    shares = np.bincount(drawn.ravel(), minlength=6) / drawn.size
    assert shares.size == 6
    assert np.abs(shares - 1 / 6).max() < 0.02


def test_normal_draws_have_mean_zero_and_variance_one() -> None:
    drawn = RandomStream(1).normal((9_999,))
    assert drawn.shape == (9_999,)
    assert abs(drawn.mean()) < 0.03
    assert abs(drawn.var() - 1) < 0.05
    assert 0.02 < (np.abs(drawn) > 2).mean() < 0.07
