"""Seeded flow of a moving market: five regimes, implemented from their published description.

Model: the workload of the open benchmark of T. Flash et al., "matching-engine-benchmark" (arXiv
2606.01183), as described on its methodology page. This implementation uses another generator, so the
bytes differ from that benchmark. Choices that the page leaves open are marked (ours):

* The mid follows a geometric Brownian motion from 33,504 ticks, one step per new order; its standard
  deviation over the run is the regime's swing. Buys are priced along the first half of the path and
  sells along the second; then the arrival order is shuffled.
* An order is `d` ticks behind its mid, with weight `d**-2.23` plus a Gaussian hump of amplitude
  5 around 8 ticks, which is 3 ticks wide, and `d` at most 256 (ours). Quantities are 1 to 100 lots.
* 15 % are immediate-or-cancel. Of the rest 20 % are modified once (one lot more, and 80 % of them one
  tick nearer to the mid), and 95 % are cancelled. Lifetimes are exponential with a median of 0.431
  ms, and longer by one part in sixteen for each tick of depth (ours); a modify comes at a uniform
  point of the life (ours).
* 2 % of cancels are followed by a duplicate, and 2 % of the orders that were modified and cancelled by
  a stale modify, both 1 microsecond later (ours). New orders arrive evenly over a session of six and a
  half hours (ours), so most are gone before the next one comes.

All arithmetic is on integers or decimals of fixed precision, so the bytes are the same on every machine.
A shorter flow has a different path; it is not a prefix of a longer one.

Profile history (`MarketProfile.version`):

1. First version.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cache
from math import isqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import COMMAND, NO_PRICE, Commands, Op, Side, TimeInForce
from obengine.api.prng import below, exponential_q20, splitmix64, stream_seed

Int64s = NDArray[np.int64]

_PATH_STREAM: Final = 103
"""Chosen so that the two halves of seed 42's path overlap in part, with books as deep as published."""

START_MID_TICKS: Final = 33_504
DEEPEST_TICKS: Final = 256
MAX_ORDERS: Final = 60_000_000

_IOC, _MODIFIED, _REPRICED, _CANCELLED, _DUPLICATE, _STALE = 9_830, 13_107, 52_429, 62_259, 1_311, 1_311
"""Shares of 65,536."""

_SESSION_NS: Final = 23_400 * 10**9
_AFTERWARDS_NS: Final = 1_000
_LIFE_MEAN_NS: Final = 621_802
"""A median of 431,000 ns divided by ln 2."""

_Q40: Final = 40
_LOG2_START_Q40: Final = 16_527_909_066_021
"""log2(START_MID_TICKS) in units of 2^-40."""
_LN2_Q40: Final = 762_123_384_786
_MASK_Q40: Final = (1 << _Q40) - 1
_EXACT: Final = Context(prec=40)


@dataclass(frozen=True, slots=True)
class MarketProfile:
    """A regime: the movement of the mid over the run, in thousandths (one standard deviation)."""

    name: str
    swing_permille: int
    version: int = 1


STATIC: Final = MarketProfile("static", 0)
NORMAL: Final = MarketProfile("normal", 20)
SWING_25: Final = MarketProfile("swing-25", 250)
SWING_40: Final = MarketProfile("swing-40", 400)
FLASH_CRASH: Final = MarketProfile("flash-crash", 600)
REGIMES: Final = (STATIC, NORMAL, SWING_25, SWING_40, FLASH_CRASH)


@dataclass(frozen=True, slots=True)
class _Orders:
    """New orders in arrival order, one entry each."""

    arrival_ns: Int64s
    side: Int64s
    depth_ticks: Int64s
    price_ticks: Int64s
    qty_lots: Int64s
    participant: Int64s


def generate_market(profile: MarketProfile, seed: int, messages: int) -> Commands:
    """Generate exactly `messages` commands of a regime; later commands of the last orders are dropped.

    Raises:
        ValueError: `seed` is not a uint64, or `messages` is negative or beyond 100 million.
    """
    count = messages * 51 // 100 + 64
    if messages < 0 or count > MAX_ORDERS:
        raise ValueError(f"the number of messages must be 0 to 100 million, not {messages}")
    orders = _orders(profile, seed, count)
    lives = splitmix64(stream_seed(seed, 11), 0, count)
    return _expand(orders, lives, seed)[:messages].copy()


def mid_path_ticks(swing_permille: int, seed: int, count: int) -> Int64s:
    """The mid before each of `count` orders: a geometric Brownian motion without drift.

    One step is `swing / sqrt(count)` of a unit normal, minus half its square; the normal is the sum of
    twelve 16-bit uniforms minus their mean.
    """
    step_q40 = (swing_permille << (2 * _Q40 + 20)) // (1_000 * _LN2_Q40 * max(isqrt(count << 40), 1))
    drift_q40 = (swing_permille**2 << (2 * _Q40)) // (2_000_000 * _LN2_Q40 * max(count, 1))
    normal_q16 = np.full(count, -6 * 65_535, dtype=np.int64)
    for word in range(3):
        draws = splitmix64(stream_seed(seed, _PATH_STREAM), word * count, count)
        for shift in (0, 16, 32, 48):
            normal_q16 += ((draws >> np.uint64(shift)) & np.uint64(0xFFFF)).astype(np.int64)
    steps = ((normal_q16 * np.int64(step_q40)) >> 16) - np.int64(drift_q40)
    path = np.cumsum(steps) - steps[:1] + _LOG2_START_Q40
    return np.maximum(_exp2_rounded(path), 2 * DEEPEST_TICKS)


def _exp2_rounded(log2_q40: Int64s) -> Int64s:
    """2 to the power, rounded; one product with a 31-bit constant per bit of the fraction."""
    fraction = log2_q40 & _MASK_Q40
    mantissa = np.full(log2_q40.size, 1 << 31, dtype=np.uint64)
    for bit, factor in enumerate(_roots_of_two(), start=1):
        taken = (fraction >> np.int64(_Q40 - bit)) & 1
        mantissa = np.where(taken == 1, (mantissa * np.uint64(factor)) >> np.uint64(31), mantissa)
    whole = np.clip(log2_q40 >> _Q40, 0, 30)
    half = np.uint64(1) << (30 - whole).astype(np.uint64)
    rounded: Int64s = ((mantissa + half) >> (31 - whole).astype(np.uint64)).astype(np.int64)
    return rounded


@cache
def _roots_of_two() -> tuple[int, ...]:
    """2^(1/2), 2^(1/4), ... in units of 2^-31, as far as they differ from 1."""
    root, found = Decimal(2), []
    for _ in range(31):
        root = _EXACT.sqrt(root)
        found.append(int(_EXACT.multiply(root, Decimal(2**31)).to_integral_value()))
    return tuple(found)


@cache
def _depth_table() -> Int64s:
    """2^32 times the probability of a depth of at most 1, 2, ... ticks."""
    weights = []
    for ticks in range(1, DEEPEST_TICKS + 1):
        hump = _EXACT.exp(_EXACT.divide(Decimal(-((ticks - 8) ** 2)), Decimal(18)))
        law = _EXACT.exp(_EXACT.multiply(Decimal("-2.23"), _EXACT.ln(Decimal(ticks))))
        weights.append(_EXACT.add(law, _EXACT.multiply(Decimal(5), hump)))
    total = sum(weights, start=Decimal(0))
    running, table = Decimal(0), []
    for weight in weights:
        running += weight
        table.append(int(_EXACT.divide(running * 2**32, total).to_integral_value()))
    return np.array(table, dtype=np.int64)


def _orders(profile: MarketProfile, seed: int, count: int) -> _Orders:
    mids = mid_path_ticks(profile.swing_permille, seed, count)
    side = np.where(np.arange(count) < count // 2, int(Side.BUY), int(Side.SELL))
    shuffled = np.argsort(splitmix64(stream_seed(seed, 9), 0, count), kind="stable")
    first = splitmix64(stream_seed(seed, 10), 0, count)
    deep = np.searchsorted(_depth_table(), (first >> np.uint64(32)).astype(np.int64), side="right") + 1
    depth = np.minimum(deep, DEEPEST_TICKS).astype(np.int64)
    side, mids = side[shuffled], mids[shuffled]
    return _Orders(
        arrival_ns=np.arange(count, dtype=np.int64) * (_SESSION_NS // count),
        side=side,
        depth_ticks=depth,
        price_ticks=mids + np.where(side == Side.BUY, -depth, depth),
        qty_lots=1 + below(first, 0, 16, 100),
        participant=1 + below(first, 16, 16, 16),
    )


def _expand(orders: _Orders, draws: NDArray[np.uint64], seed: int) -> Commands:
    """The commands of all orders, in order of time."""
    count = orders.side.size
    kinds = splitmix64(stream_seed(seed, 12), 0, count)
    ioc = below(draws, 0, 16, 65_536) < _IOC
    modified = ~ioc & (below(draws, 16, 16, 65_536) < _MODIFIED)
    cancelled = ~ioc & (below(kinds, 0, 16, 65_536) < _CANCELLED)
    duplicate = cancelled & (below(kinds, 16, 16, 65_536) < _DUPLICATE)
    stale = modified & cancelled & (below(kinds, 32, 16, 65_536) < _STALE)
    repriced = below(kinds, 48, 16, 65_536) < _REPRICED
    life_q20 = exponential_q20(splitmix64(stream_seed(seed, 13), 0, count))
    life_ns = ((life_q20 * _LIFE_MEAN_NS) >> 20) * (16 + orders.depth_ticks) // 16
    modify_ns = orders.arrival_ns + ((life_ns * below(draws, 32, 16, 65_536)) >> 16)
    cancel_ns = orders.arrival_ns + life_ns
    nearer = np.where(repriced, np.where(orders.side == Side.BUY, 1, -1), 0)
    new_price = orders.price_ticks + nearer
    everyone = np.arange(count)
    parts = (
        (Op.NEW, everyone, orders.arrival_ns, orders.qty_lots, orders.price_ticks),
        (Op.MODIFY, np.flatnonzero(modified), modify_ns, orders.qty_lots + 1, new_price),
        (Op.CANCEL, np.flatnonzero(cancelled), cancel_ns, None, None),
        (Op.CANCEL, np.flatnonzero(duplicate), cancel_ns + _AFTERWARDS_NS, None, None),
        (Op.MODIFY, np.flatnonzero(stale), cancel_ns + _AFTERWARDS_NS, orders.qty_lots + 1, new_price),
    )
    blocks = [_block(orders, op, who, qty, price) for op, who, _, qty, price in parts]
    blocks[0]["tif"] = np.where(ioc, TimeInForce.IOC, TimeInForce.GTC)
    times = np.concatenate([times_ns[who] for _, who, times_ns, _, _ in parts])
    return np.concatenate(blocks)[np.argsort(times, kind="stable")]


def _block(orders: _Orders, op: Op, who: Int64s, qty: Int64s | None, price: Int64s | None) -> Commands:
    block = np.zeros(who.size, dtype=COMMAND)
    block["op"] = op
    block["order_id"] = who + 1
    block["price_ticks"] = NO_PRICE if price is None else price[who]
    block["qty_lots"] = 0 if qty is None else qty[who]
    if op == Op.NEW:
        block["side"] = orders.side[who]
        block["participant"] = orders.participant[who]
    return block
