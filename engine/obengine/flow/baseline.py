"""Steady seeded order flow, by integer arithmetic alone.

Each message uses two 64-bit words of :mod:`obengine.api.prng`; `_draw` defines the use of their bits. A
simple price-time model of the book runs along with the generator, so that a cancel refers to a resting
order (except for the profile's share of stale cancels). The model's counts are returned with the
commands, so that a core that trades differently is detected.

Profile history (`FlowProfile.version`):

1. Adds around a drifting mid, cancels of resting orders, market and IOC orders.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import COMMAND, NO_PRICE, Commands, Op, OrderKind, Side, TimeInForce
from obengine.api.prng import below, splitmix64, stream_seed

SHARES: Final = 2**16
"""The unit of the shares in a profile."""

_BLOCK: Final = 65_536
_ADD, _CANCEL, _STALE, _MARKET, _IOC = range(5)
_MASK_32: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class FlowProfile:
    """The parameters of a flow. Shares are parts of 65,536; the remaining messages are marketable orders.

    Attributes:
        version: incremented when the same fields would give different bytes.
        add_share: GTC limit orders on their own side of the mid.
        cancel_share: cancels.
        stale_cancel_share: the part *of the cancels* that refers to any order ever sent, open or not.
        ioc_share: the part *of the marketable orders* that are IOC with a limit (the rest are MARKET).
        start_mid_ticks: the mid of the first message.
        drift_share: share of messages before which the mid moves by one tick, up or down.
        offset_ticks: adds are 1 to this many ticks from the mid; IOC limits are as far beyond it.
        qty_lots: quantities are 1 to this many lots.
        resting_floor: with fewer resting orders a cancel becomes an add.
        participants: owners are numbered 1 to this.
    """

    name: str = "steady"
    version: int = 1
    add_share: int = 32_768
    cancel_share: int = 26_214
    stale_cancel_share: int = 655
    ioc_share: int = 32_768
    start_mid_ticks: int = 100_000
    drift_share: int = 1_312
    offset_ticks: int = 50
    qty_lots: int = 100
    resting_floor: int = 50
    participants: int = 16


STEADY: Final = FlowProfile()


@dataclass(frozen=True, slots=True)
class Flow:
    """Commands, and the results of the generator's own model of the book."""

    commands: Commands
    trades: int
    traded_lots: int
    resting_orders: int


@dataclass(frozen=True, slots=True)
class _Draws:
    """The independent part of a block of messages, one entry per message."""

    action: NDArray[np.int64]
    side: NDArray[np.int64]
    price_ticks: NDArray[np.int64]
    qty_lots: NDArray[np.int64]
    participant: NDArray[np.int64]
    pick: NDArray[np.int64]


def generate(profile: FlowProfile, seed: int, messages: int) -> Flow:
    """Generate the first `messages` commands; a shorter flow is a prefix of a longer one.

    Raises:
        ValueError: `seed` is not a uint64, or `messages` is negative.
    """
    if messages < 0:
        raise ValueError(f"the number of messages must not be negative, not {messages}")
    commands = np.zeros(messages, dtype=COMMAND)
    model = _Model(profile.resting_floor)
    seeds = (stream_seed(seed, 0), stream_seed(seed, 1))
    mid = profile.start_mid_ticks
    for start in range(0, messages, _BLOCK):
        count = min(_BLOCK, messages - start)
        draws, mid = _draw(profile, seeds, start, count, mid)
        action, ids = model.run(draws)
        _write(commands[start : start + count], draws, np.array(action), np.array(ids, dtype=np.uint64))
    return Flow(commands, model.trades, model.traded_lots, model.resting)


def _draw(
    profile: FlowProfile, seeds: tuple[int, int], start: int, count: int, mid: int
) -> tuple[_Draws, int]:
    """Draw one block: first word action 0-15, sub-action 16-31, drift 32-47, side 48, participant 49-63;
    second word offset 0-15, quantity 16-31, pick 32-63. Also gives the mid after the block.
    """
    first, second = (splitmix64(seed, start, count) for seed in seeds)
    part, sub = below(first, 0, 16, SHARES), below(first, 16, 16, SHARES)
    drift = below(first, 32, 16, SHARES)
    step = np.where(drift < profile.drift_share, 1 - 2 * (drift & 1), 0)
    mids = mid + np.cumsum(step)
    side = below(first, 48, 1, 2)
    cancel_end = profile.add_share + profile.cancel_share
    action = np.select(
        [part < profile.add_share, part < cancel_end],
        [np.int64(_ADD), np.where(sub < profile.stale_cancel_share, _STALE, _CANCEL)],
        np.where(sub < profile.ioc_share, _IOC, _MARKET),
    )
    offset = 1 + below(second, 0, 16, profile.offset_ticks)
    outward = np.where(side == Side.BUY, -offset, offset)
    draws = _Draws(
        action=action,
        side=side,
        price_ticks=mids + np.where(action == _IOC, -outward, outward),
        qty_lots=1 + below(second, 16, 16, profile.qty_lots),
        participant=1 + below(first, 49, 15, profile.participants),
        pick=below(second, 32, 32, 2**32),
    )
    return draws, int(mids[-1])


def _write(out: Commands, draws: _Draws, action: NDArray[np.int64], ids: NDArray[np.uint64]) -> None:
    """Fill the block's command records; cancels have only an order id."""
    cancel = (action == _CANCEL) | (action == _STALE)
    market = action == _MARKET
    immediate = market | (action == _IOC)
    out["op"] = np.where(cancel, Op.CANCEL, Op.NEW)
    out["side"] = np.where(cancel, 0, draws.side)
    out["kind"] = np.where(market, OrderKind.MARKET, OrderKind.LIMIT)
    out["tif"] = np.where(immediate, TimeInForce.IOC, TimeInForce.GTC)
    out["qty_lots"] = np.where(cancel, 0, draws.qty_lots)
    out["participant"] = draws.participant
    out["order_id"] = ids
    out["price_ticks"] = np.where(cancel | market, NO_PRICE, draws.price_ticks)


class _Model:
    """A minimal price-time book that tracks which orders rest.

    A removed order is marked by 0 open lots; it is dropped from its queue and from the candidates when it
    is next reached there.
    """

    def __init__(self, resting_floor: int) -> None:
        self.trades = self.traded_lots = self.resting = 0
        self._floor = resting_floor
        self._open: list[int] = [0]
        self._candidates: list[int] = []
        self._queues: tuple[dict[int, deque[int]], dict[int, deque[int]]] = ({}, {})
        self._heaps: tuple[list[int], list[int]] = ([], [])

    def run(self, draws: _Draws) -> tuple[list[int], list[int]]:
        """The final action of each message and the order that it refers to."""
        actions, sides, picks = draws.action.tolist(), draws.side.tolist(), draws.pick.tolist()
        prices, lots = draws.price_ticks.tolist(), draws.qty_lots.tolist()
        ids: list[int] = []
        open_lots = self._open
        for at, action in enumerate(actions):
            if action == _CANCEL and self.resting >= self._floor:
                ids.append(self._cancel_resting(picks[at]))
            elif action == _STALE and len(open_lots) > 1:
                ids.append(self._cancel_any(picks[at]))
            elif action <= _STALE:
                actions[at] = _ADD
                ids.append(len(open_lots))
                self._add(sides[at], prices[at], lots[at])
            else:
                ids.append(len(open_lots))
                open_lots.append(0)
                self._take(sides[at], prices[at] if action == _IOC else None, lots[at])
        return actions, ids

    def _cancel_resting(self, pick: int) -> int:
        candidates, open_lots = self._candidates, self._open
        while True:
            at = pick * len(candidates) >> 32
            order_id, last = candidates[at], candidates.pop()
            if last != order_id:
                candidates[at] = last
            if open_lots[order_id]:
                open_lots[order_id] = 0
                self.resting -= 1
                return order_id
            pick = (pick * 1_664_525 + 1_013_904_223) & _MASK_32

    def _cancel_any(self, pick: int) -> int:
        order_id = 1 + (pick * (len(self._open) - 1) >> 32)
        if self._open[order_id]:
            self._open[order_id] = 0
            self.resting -= 1
        return order_id

    def _add(self, side: int, price: int, lots: int) -> None:
        heap = self._heaps[1 - side]
        if heap and (heap[0] <= price if side == 0 else -heap[0] >= price):
            lots = self._take(side, price, lots)
        order_id = len(self._open)
        self._open.append(lots)
        if lots:
            queues = self._queues[side]
            queue = queues.get(price)
            if queue is None:
                queue = queues[price] = deque()
                heappush(self._heaps[side], -price if side == 0 else price)
            queue.append(order_id)
            self._candidates.append(order_id)
            self.resting += 1

    def _take(self, side: int, limit: int | None, lots: int) -> int:
        """Trade against the other side as far as the limit allows; return the remaining lots."""
        queues, heap, open_lots = self._queues[1 - side], self._heaps[1 - side], self._open
        sign = 1 if side == 0 else -1
        while lots and heap:
            price = heap[0] * sign
            if limit is not None and (price > limit if side == 0 else price < limit):
                break
            queue = queues[price]
            while queue and not open_lots[queue[0]]:
                queue.popleft()
            if not queue:
                heappop(heap)
                del queues[price]
                continue
            maker = queue[0]
            fill = min(open_lots[maker], lots)
            open_lots[maker] -= fill
            lots -= fill
            self.trades += 1
            self.traded_lots += fill
            if not open_lots[maker]:
                self.resting -= 1
        return lots
