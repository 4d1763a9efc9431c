"""The engine's random numbers against published vectors and a derivation without NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from obengine.api.prng import MAX_SEED, below, splitmix64, stream_seed

PUBLISHED = (
    6_457_827_717_110_365_317,
    3_203_168_211_198_807_973,
    9_817_491_932_198_370_423,
    4_593_380_528_125_082_431,
    16_408_922_859_458_223_821,
)
"""The first outputs for seed 1234567, as printed by S. Vigna's splitmix64.c."""


def plain_splitmix64(seed: int, count: int) -> list[int]:
    mask, state, out = 2**64 - 1, seed, []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        out.append(z ^ (z >> 31))
    return out


def test_published_vector() -> None:
    assert tuple(int(x) for x in splitmix64(1_234_567, 0, 5)) == PUBLISHED


@pytest.mark.parametrize("seed", [0, 1, 42, 2**63, MAX_SEED])
def test_vectorised_equals_the_plain_loop(seed: int) -> None:
    assert splitmix64(seed, 0, 300).tolist() == plain_splitmix64(seed, 300)


def test_any_part_can_be_drawn_alone() -> None:
    assert splitmix64(7, 100, 50).tolist() == splitmix64(7, 0, 150).tolist()[100:]


def test_stream_seeds_differ_between_streams_and_neighbouring_seeds() -> None:
    seeds = {stream_seed(seed, stream) for seed in range(20) for stream in range(20)}
    assert len(seeds) == 400


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_beyond_64_bits_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match="seed"):
        splitmix64(seed, 0, 1)


def test_negative_positions_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        splitmix64(0, -1, 1)


def test_below_stays_in_its_range_and_reaches_both_ends() -> None:
    numbers = below(splitmix64(3, 0, 10_000), 16, 16, 100)
    assert (numbers.min(), numbers.max()) == (0, 99)
    assert np.bincount(numbers).min() > 50


def test_below_refuses_a_field_that_would_overflow() -> None:
    with pytest.raises(ValueError, match="bits"):
        below(splitmix64(3, 0, 1), 0, 33, 10)
