"""Arrival times: exact, ascending, at the rate that was asked for, and as clustered as their names say."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest

from obengine.api.errors import WorkloadError
from obengine.api.prng import exponential_q20, splitmix64
from obengine.harness.arrivals import MAX_RATE_MSG_S, MIN_RATE_MSG_S, arrival_names, arrival_times_ns

GOLDEN = {
    "poisson": "7a7aba1e029574748b5a5c933439d379612dcd708ecb348bba39b8b096e1d3b6",
    "burst": "62e42d18ba8763709a5a3952f91419ac793b5d6e88a910624227fb2dc32e66ea",
    "hawkes": "3362d17c404fd121ebc5c6635350ea0edec10f9b0c9c4a683df9a8d3ed0bf208",
}
"""10,000 times at 50,000 messages/s of seed 2024: the bytes of every machine."""


@pytest.mark.parametrize("name", arrival_names())
def test_times_are_equal_on_every_machine(name: str) -> None:
    times = arrival_times_ns(name, rate_msg_s=50_000, count=10_000, seed=2024)
    assert hashlib.sha256(times.astype("<i8").tobytes()).hexdigest() == GOLDEN[name]


@pytest.mark.parametrize("name", arrival_names())
@pytest.mark.parametrize("rate", [1_000, 250_000])
def test_times_ascend_at_the_requested_rate(name: str, rate: int) -> None:
    times = arrival_times_ns(name, rate_msg_s=rate, count=200_000, seed=9)
    assert times.dtype == np.int64
    assert times[0] >= 0
    assert (np.diff(times) >= 0).all()
    assert 200_000 * 1e9 / times[-1] == pytest.approx(rate, rel=0.05)


def test_bursts_and_hawkes_are_more_clustered_than_poisson() -> None:
    def dispersion(name: str) -> float:
        times = arrival_times_ns(name, rate_msg_s=100_000, count=200_000, seed=3)
        counts = np.bincount(times // 1_000_000)
        return float(counts.var() / counts.mean())

    assert 0.8 < dispersion("poisson") < 1.2
    assert dispersion("hawkes") > 3
    assert dispersion("burst") > 20


@pytest.mark.parametrize("name", arrival_names())
def test_no_messages_have_no_times(name: str) -> None:
    assert arrival_times_ns(name, rate_msg_s=1_000, count=0, seed=1).size == 0
    assert arrival_times_ns(name, rate_msg_s=1_000, count=1, seed=1).size == 1


@pytest.mark.parametrize(
    ("name", "rate"), [("uniform", 1_000), ("poisson", MIN_RATE_MSG_S - 1), ("burst", MAX_RATE_MSG_S + 1)]
)
def test_invalid_arguments_are_rejected(name: str, rate: int) -> None:
    with pytest.raises(WorkloadError):
        arrival_times_ns(name, rate_msg_s=rate, count=1, seed=1)


def test_exponential_draws_are_logarithms_to_a_millionth() -> None:
    draws = splitmix64(1, 0, 100_000)
    exact = [-math.log(((int(draw) >> 32) + 1) / 2**32) for draw in draws]
    assert np.abs(exponential_q20(draws) / 2**20 - exact).max() < 2e-6
    ends = np.array([0, 2**63 - 1, 2**64 - 1], dtype=np.uint64)
    assert (exponential_q20(ends) / 2**20).tolist() == pytest.approx(
        [32 * math.log(2), math.log(2), 0], abs=1e-6
    )
