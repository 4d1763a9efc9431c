"""Events by kind and rejects by code, of an event stream of any length."""

from __future__ import annotations

from collections import Counter

import numpy as np

from obengine.api.messages import EventKind, Events, RejectCode


class EventTotals:
    """Totals of events, batch after batch.

    Attributes:
        matched: number of trades that have a taker.
    """

    def __init__(self) -> None:
        self._kinds: Counter[int] = Counter()
        self._rejects: Counter[int] = Counter()
        self.matched = 0

    def feed(self, events: Events) -> None:
        """Add the next events."""
        kinds = np.bincount(events["kind"], minlength=256)
        self._kinds.update({int(kind): int(kinds[kind]) for kind in np.flatnonzero(kinds)})
        if kinds[EventKind.REJECTED]:
            self._rejects.update(events["detail"][events["kind"] == EventKind.REJECTED].tolist())
        if kinds[EventKind.TRADED]:
            trades = events["kind"] == EventKind.TRADED
            self.matched += int(np.count_nonzero(events["order_id"][trades]))

    def rejected(self, code: RejectCode | None = None) -> int:
        """The number of rejects, of one code or of all."""
        return self._rejects.total() if code is None else self._rejects[code]

    def counts(self) -> dict[str, int]:
        """Number of events by kind and rejects by code, in the order of the codes, without zeros."""
        kinds, codes = self._kinds, self._rejects
        counts = {_key(kind.name): kinds[kind] for kind in EventKind if kinds[kind]}
        return counts | {f"rejected.{_key(code.name)}": codes[code] for code in RejectCode if codes[code]}


def _key(name: str) -> str:
    return name.lower().replace("_", "-")
