"""How the lots ahead of an order shrink when its level shrinks.

* `exact`: every order of the recording has an id and a place. Lots that leave from a place before the order's
  come off the lots ahead, others do not.
* `last`: lots are cancelled behind the order for as long as that is possible; only trades move it forward.
* `probability`: cancelled lots come from before and behind the order in proportion to the lots there; the
  part of a lot is decided by a seeded draw, so the expectation is exact.

With `last` and `probability` there are never more lots ahead than the level has.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from obengine.api.prng import splitmix64, stream_seed

_STREAM: Final = 63
_BLOCK: Final = 4_096


class QueueModel(StrEnum):
    """A queue model by name."""

    EXACT = "exact"
    LAST = "last"
    PROBABILITY = "probability"


class CancelShare:
    """The part of cancelled lots that was ahead of an order, in proportion and seeded."""

    def __init__(self, seed: int) -> None:
        self._seed = stream_seed(seed, _STREAM)
        self._drawn = 0
        self._block: list[int] = []

    def ahead(self, cancelled: int, ahead: int, behind: int) -> int:
        """The lots of `cancelled` that leave from the `ahead` lots before an order."""
        total = ahead + behind
        if total <= 0:
            return 0
        whole, rest = divmod(cancelled * ahead, total)
        return min(ahead, whole + (rest > 0 and self._draw() % total < rest))

    def _draw(self) -> int:
        at = self._drawn % _BLOCK
        if not at:
            self._block = splitmix64(self._seed, self._drawn, _BLOCK).tolist()
        self._drawn += 1
        return self._block[at]
