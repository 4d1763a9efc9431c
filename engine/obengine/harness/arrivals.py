"""Seeded arrival times for an open loop: Poisson, burst and Hawkes processes, in integer nanoseconds.

All arithmetic is on 64-bit integers, so a seed gives the same times on every machine. Exponential variates
are exact fixed-point logarithms, not the platform's `log`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import WorkloadError
from obengine.api.prng import below, exponential_q20, splitmix64, stream_seed

Times = NDArray[np.int64]
"""Nanoseconds after the start of the run, ascending."""

MIN_RATE_MSG_S: Final = 100
MAX_RATE_MSG_S: Final = 100_000_000

MEAN_BURST: Final = 64
"""The mean size of a burst (1 to 127 messages), at `BURST_SPEEDUP` times the mean rate."""
BURST_SPEEDUP: Final = 16

OFFSPRING_MILLI: Final = 600
"""Hawkes: the branching ratio; each message triggers 0.6 further messages on average."""
DECAY_GAPS: Final = 10
"""Hawkes: the mean delay of triggered messages, in mean gaps."""

_PS_PER_S: Final = 10**12
_STREAM: Final = 16


def arrival_names() -> tuple[str, ...]:
    """The names of the arrival processes."""
    return tuple(_PROCESSES)


def arrival_times_ns(process: str, *, rate_msg_s: int, count: int, seed: int) -> Times:
    """The intended arrival times of `count` messages, at `rate_msg_s` on average.

    Raises:
        WorkloadError: unknown process, or rate out of range.
        ValueError: `seed` is not a uint64.
    """
    make = _PROCESSES.get(process)
    if make is None:
        raise WorkloadError(f"unknown arrival process {process!r}; known: {', '.join(_PROCESSES)}")
    if not MIN_RATE_MSG_S <= rate_msg_s <= MAX_RATE_MSG_S:
        raise WorkloadError(
            f"the arrival rate must be {MIN_RATE_MSG_S} to {MAX_RATE_MSG_S:,} messages/s, not {rate_msg_s}"
        )
    return make(_PS_PER_S // rate_msg_s, count, seed) // 1_000


def _exponential_ps(seed: int, stream: int, start: int, count: int, mean_ps: int) -> NDArray[np.int64]:
    draws = splitmix64(stream_seed(seed, _STREAM + stream), start, count)
    return (exponential_q20(draws) * np.int64(mean_ps)) >> np.int64(20)


def _poisson(gap_ps: int, count: int, seed: int) -> Times:
    return np.cumsum(_exponential_ps(seed, 0, 0, count, gap_ps))


def _burst(gap_ps: int, count: int, seed: int) -> Times:
    """Bursts separated by exponential pauses; the pauses compensate for the higher rate within bursts."""
    sizes = 1 + below(splitmix64(stream_seed(seed, _STREAM + 1), 0, count), 0, 32, 2 * MEAN_BURST - 1)
    ends = np.cumsum(sizes)
    bursts = int(np.searchsorted(ends, count)) + 1 if count else 0
    inner_ps = gap_ps // BURST_SPEEDUP
    pause_ps = MEAN_BURST * gap_ps - (MEAN_BURST - 1) * inner_ps
    gaps = np.full(count, inner_ps, dtype=np.int64)
    starts = (ends - sizes)[:bursts]
    gaps[starts] = _exponential_ps(seed, 0, 0, bursts, pause_ps)
    return np.cumsum(gaps)


def _hawkes(gap_ps: int, count: int, seed: int) -> Times:
    """A self-exciting process, drawn as clusters (A. G. Hawkes, D. Oakes, 1974).

    Immigrants are a Poisson process; each message has a Poisson number of children. Messages after the last
    immigrant are incomplete and dropped, so immigrants are added until there are enough messages.
    """
    if not count:
        return np.zeros(0, dtype=np.int64)
    immigrant_gap_ps = gap_ps * 1_000 // (1_000 - OFFSPRING_MILLI)
    immigrants = max(count * (1_000 - OFFSPRING_MILLI) // 1_000, 16)
    while True:
        parents = np.cumsum(_exponential_ps(seed, 0, 0, immigrants, immigrant_gap_ps))
        horizon = parents[-1]
        generations, depth = [parents], 0
        while parents.size:
            depth += 1
            draws = splitmix64(stream_seed(seed, _STREAM + 2 * depth), 0, parents.size)
            causes = np.repeat(parents, _children(draws))
            delays = _exponential_ps(seed, 2 * depth + 1, 0, causes.size, DECAY_GAPS * gap_ps)
            parents = (causes + delays)[causes + delays <= horizon]
            generations.append(parents)
        times = np.sort(np.concatenate(generations))
        if times.size >= count:
            return times[:count]
        immigrants += max(immigrants // 4, 16)


def _children(draws: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Poisson variates of mean 0.6 from the upper 32 bits, by an integer table of the distribution."""
    return np.searchsorted(_CHILDREN_Q32, (draws >> np.uint64(32)).astype(np.int64), side="right")


_CHILDREN_Q32: Final = np.array(
    [
        2_357_128_029,
        3_771_404_846,
        4_195_687_891,
        4_280_544_500,
        4_293_272_991,
        4_294_800_410,
        4_294_953_152,
        4_294_966_244,
        4_294_967_226,
        4_294_967_292,
    ],
    dtype=np.int64,
)
"""2^32 times the probability of at most 0, 1, 2, ... children, rounded to integers."""

_PROCESSES: Final[Mapping[str, Callable[[int, int, int], Times]]] = MappingProxyType(
    {"poisson": _poisson, "burst": _burst, "hawkes": _hawkes}
)
