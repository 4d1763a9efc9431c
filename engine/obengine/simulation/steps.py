"""Recorded changes and their deliveries to a strategy as one series of steps.

When market data arrive does not depend on what a strategy does, so the order of both is known before a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.feeds.order_flow import ChangeKind
from obengine.feeds.trades import NO_SIDE
from obengine.simulation.gateway import DELIVERED, PHASES, RECORDED
from obengine.simulation.recording import Recording
from obengine.simulation.strategy import Strategy

TOUCH_CHANGED: Final = 1
TRADED: Final = 2
CALL_TOUCH: Final = 4
CALL_CHANGE: Final = 8
"""Bits of the kind of a delivery: what it is, and which methods of the strategy it calls."""

StepBlock = Iterator[tuple[int, int, int, int, int]]
"""Moment; number of the change, or ~number for its delivery; kind of the change, or bits of the delivery;
code (2 x symbol + side), or symbol; price."""

_BLOCK: Final = 1 << 16


def step_blocks(
    recording: Recording, delivered_ns: NDArray[np.int64], strategy: Strategy
) -> Iterator[StepBlock]:
    """The steps, block by block; a delivery that the strategy has no method for is left out."""
    changes, first_ns = recording.changes, recording.times_ns[0]
    bits = _delivery_bits(recording, strategy)
    chosen = np.flatnonzero(bits)
    moments = np.concatenate(
        (
            (recording.times_ns - first_ns) * PHASES + RECORDED,
            (delivered_ns[chosen] - first_ns) * PHASES + DELIVERED,
        )
    )
    steps = np.concatenate((np.arange(changes.size), ~chosen))
    symbols = changes["symbol"].astype(np.int64)
    sides = changes["side"].astype(np.int64)
    codes = 2 * symbols + np.where(sides == NO_SIDE, 0, sides)
    columns = (
        moments,
        steps,
        np.concatenate((changes["kind"].astype(np.int64), bits[chosen])),
        np.concatenate((codes, symbols[chosen])),
        np.concatenate((changes["price_ticks"].astype(np.int64), np.zeros(chosen.size, dtype=np.int64))),
    )
    order = np.argsort(moments, kind="stable")
    for start in range(0, order.size, _BLOCK):
        block = order[start : start + _BLOCK]
        yield zip(*(column[block].tolist() for column in columns), strict=True)


def _delivery_bits(recording: Recording, strategy: Strategy) -> NDArray[np.int64]:
    changes = recording.changes
    changed = np.zeros(changes.size, dtype=bool)
    for symbol in range(len(recording.symbols)):
        own = np.flatnonzero(changes["symbol"] == symbol)
        touches = recording.touches[own]
        changed[own[:1]] = True
        changed[own[1:]] = touches[1:] != touches[:-1]
    trades = np.isin(changes["kind"], (ChangeKind.TRADE, ChangeKind.PRINT, ChangeKind.HIDDEN))
    bits = changed.astype(np.int64) * TOUCH_CHANGED
    for name, rows, bit in (
        ("on_trade", trades, TRADED),
        ("on_touch", changed, CALL_TOUCH),
        ("on_change", np.ones(changes.size, dtype=bool), CALL_CHANGE),
    ):
        if _overrides(strategy, name):
            bits[rows] |= bit
    return bits


def _overrides(strategy: Strategy, name: str) -> bool:
    return getattr(type(strategy), name, None) is not getattr(Strategy, name) or name in vars(strategy)
