"""A strategy that places a shadow before every recorded order, with its lots, limit and cancels."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from obengine.feeds.order_flow import ChangeKind
from obengine.simulation.recording import Recording
from obengine.simulation.strategy import Market, Strategy

Fills = list[tuple[int, int, int]]
"""Time, price and lots of each."""


class MirroredOrders(Strategy):
    """Shadows of recorded orders; each is in the queue just before its order.

    Every change of the recording needs a time of its own, with a nanosecond to spare.
    """

    def __init__(self, recording: Recording, chosen: list[int] | None = None) -> None:
        """`chosen`: the indices of ADD changes; None for all."""
        self.placed: dict[int, int] = {}
        self._changes = recording.changes
        adds = np.flatnonzero(recording.changes["kind"] == ChangeKind.ADD).tolist()
        self._chosen = set(adds if chosen is None else chosen)

    def on_start(self, market: Market) -> None:
        """Plan every message."""
        for number, change in enumerate(self._changes):
            add = number if number in self._chosen else int(change["entered"])
            if add in self._chosen and change["kind"] in {ChangeKind.ADD, ChangeKind.CANCEL}:
                early = int(change["kind"] == ChangeKind.ADD)
                market.set_timer(int(change["time_ns"]) - early, str(number))

    def on_timer(self, market: Market, tag: str) -> None:
        """Send what the recorded order does."""
        change = self._changes[int(tag)]
        if change["kind"] == ChangeKind.ADD:
            price, lots = int(change["price_ticks"]), int(change["lots"])
            self.placed[int(tag)] = market.submit(change["side"], lots, price)
            return
        order_id = self.placed[int(change["entered"])]
        mine = next((order for order in market.orders() if order.order_id == order_id), None)
        if mine is not None and change["lots"] < mine.open_lots:
            market.replace(order_id, mine.open_lots - int(change["lots"]), mine.price_ticks)
        elif mine is not None:
            market.cancel(order_id)


def recorded_fills(recording: Recording, add: int) -> Fills:
    """The recorded executions of the order that an ADD change placed."""
    changes = recording.changes
    own = changes[(changes["entered"] == add) & (changes["kind"] == ChangeKind.TRADE)]
    fields = [own[name].tolist() for name in ("time_ns", "price_ticks", "lots")]
    return list(zip(*fields, strict=True))


def fills_by_order(fills: dict[str, np.ndarray]) -> dict[int, Fills]:
    """The fills of a simulation by order id."""
    found: dict[int, Fills] = defaultdict(list)
    names = ("order_id", "time_ns", "price_ticks", "lots")
    for order_id, *fill in zip(*(fills[name].tolist() for name in names), strict=True):
        found[order_id].append(tuple(fill))
    return found
