"""The time between the exchange and a strategy: of market data, of orders, and of reports."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import WorkloadError
from obengine.api.prng import below, splitmix64, stream_seed

MAX_LATENCY_NS: Final = 2**32 - 1
"""The largest latency: about four seconds."""

_BLOCK: Final = 4_096
_FEED_STREAM: Final = 60
_ORDER_STREAM: Final = 61


@dataclass(frozen=True, slots=True)
class Latency:
    """Constant latencies in nanoseconds, each with a uniform, seeded jitter of 0 to `jitter_ns` on top.

    Attributes:
        feed_ns: from the exchange's time of a change (from its time of receipt, if the feed has one) until
            the strategy sees it.
        order_ns: from the strategy until its order or cancel is at the exchange.
        report_ns: from the exchange until the strategy knows what became of its order.
        jitter_ns: of all three. Nothing overtakes: what was sent later never arrives earlier.
    """

    feed_ns: int = 0
    order_ns: int = 0
    report_ns: int = 0
    jitter_ns: int = 0

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_LATENCY_NS:
                raise WorkloadError(f"{each.name} is {value!r}, not 0 to {MAX_LATENCY_NS:,} nanoseconds")

    def delivered_ns(self, seen_ns: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
        """When a strategy sees changes that were received at `seen_ns`, ascending."""
        found = seen_ns + self.feed_ns
        if self.jitter_ns:
            draws = splitmix64(stream_seed(seed, _FEED_STREAM), 0, seen_ns.size)
            found += below(draws, 0, 32, self.jitter_ns + 1)
        return np.maximum.accumulate(found)


class Delays:
    """Delays of single messages of one direction, in the order in which they are sent."""

    def __init__(self, base_ns: int, jitter_ns: int, seed: int, stream: int) -> None:
        self._base, self._jitter = base_ns, jitter_ns
        self._seed = stream_seed(seed, _ORDER_STREAM + stream)
        self._drawn = 0
        self._block: list[int] = []
        self._last = 0

    def arrival_ns(self, sent_ns: int) -> int:
        """When a message arrives that is sent now."""
        arrival = sent_ns + self._base
        if not self._jitter:  # what is sent later cannot overtake
            return arrival
        at = self._drawn % _BLOCK
        if not at:
            draws = splitmix64(self._seed, self._drawn, _BLOCK)
            self._block = below(draws, 0, 32, self._jitter + 1).tolist()
        self._drawn += 1
        self._last = max(self._last, arrival + self._block[at])
        return self._last
