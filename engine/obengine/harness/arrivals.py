"""Seeded arrival times of an open loop: Poisson, bursts and Hawkes, in integer nanoseconds.

Only 64-bit integer arithmetic takes part, so a seed gives the same times on every machine. The
exponential draws are exact fixed-point logarithms (bit by bit, by repeated squaring), not the
platform's `log`.
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
"""Bursts have 1 to 127 messages, this many in the mean, at `BURST_SPEEDUP` times the mean rate."""
BURST_SPEEDUP: Final = 16

OFFSPRING_MILLI: Final = 600
"""Hawkes: each message brings 0.6 further ones in the mean (the branching ratio)."""
DECAY_GAPS: Final = 10
"""Hawkes: they follow their cause after an exponential delay of ten mean gaps."""

_PS_PER_S: Final = 10**12
_STREAM: Final = 16


def arrival_names() -> tuple[str, ...]:
    """The arrival processes that there are."""
    return tuple(_PROCESSES)


def arrival_times_ns(process: str, *, rate_msg_s: int, count: int, seed: int) -> Times:
    """When `count` messages are meant to arrive, at `rate_msg_s` in the long run.

    Raises:
        WorkloadError: no such process, or a rate that is out of range.
        ValueError: `seed` is not a uint64.
    """
    make = _PROCESSES.get(process)
    if make is None:
        raise WorkloadError(f"no arrivals {process!r}; there are {', '.join(_PROCESSES)}")
    if not MIN_RATE_MSG_S <= rate_msg_s <= MAX_RATE_MSG_S:
        raise WorkloadError(
            f"an arrival rate is {MIN_RATE_MSG_S} to {MAX_RATE_MSG_S:,} messages/s, not {rate_msg_s}"
        )
    return make(_PS_PER_S // rate_msg_s, count, seed) // 1_000


def _exponential_ps(seed: int, stream: int, start: int, count: int, mean_ps: int) -> NDArray[np.int64]:
    draws = splitmix64(stream_seed(seed, _STREAM + stream), start, count)
    return (exponential_q20(draws) * np.int64(mean_ps)) >> np.int64(20)


def _poisson(gap_ps: int, count: int, seed: int) -> Times:
    return np.cumsum(_exponential_ps(seed, 0, 0, count, gap_ps))


def _burst(gap_ps: int, count: int, seed: int) -> Times:
    """Bursts that start after exponential pauses; what they are early by, the pauses make up for."""
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

    Immigrants arrive as Poisson; each message has a Poisson number of children. What comes after
    the last immigrant is incomplete and is left out, so more immigrants are drawn until enough is.
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
    """Poisson numbers of mean 0.6 from the upper 32 bits, by the distribution's whole-number table."""
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
"""2^32 times the probability of at most 0, 1, 2, ... children, rounded to whole numbers."""

_PROCESSES: Final[Mapping[str, Callable[[int, int, int], Times]]] = MappingProxyType(
    {"poisson": _poisson, "burst": _burst, "hawkes": _hawkes}
)
