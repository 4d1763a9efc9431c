"""Limits of loss and drawdown, found in a finished series of profit and loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from obengine.risk.limits import Breach, BreachKind, RiskRule

Int64s = NDArray[np.int64]
Profit = tuple[Int64s, Int64s]
"""Times, and profit and loss in ticks x lots from each time on."""


def profit_breaches(
    rules: Sequence[RiskRule], participant: int, profit_of: Callable[[int | None], Profit | None]
) -> list[Breach]:
    """The moments from which on a loss or drawdown exceeded its limit, in order of time.

    Args:
        rules: those without a loss and a drawdown, or of others, are passed over.
        participant: whose profit it is.
        profit_of: the profit in a symbol, or in all symbols for None; None if it is not known.
    """
    found: list[Breach] = []
    for rule in rules:
        if rule.participant not in {None, participant} or (rule.loss is None and rule.drawdown is None):
            continue
        profit = profit_of(rule.symbol)
        if profit is None:
            continue
        times, pnl = profit
        best = np.maximum.accumulate(np.maximum(pnl, 0))
        for kind, limit, values in (
            (BreachKind.LOSS, rule.loss, -pnl),
            (BreachKind.DRAWDOWN, rule.drawdown, best - pnl),
        ):
            if limit is not None:
                found += _exceeded(kind, participant, rule.symbol or 0, limit, times, values)
    return sorted(found, key=lambda breach: breach.time_ns)


def _exceeded(
    kind: BreachKind, participant: int, symbol: int, limit: int, times: Int64s, values: Int64s
) -> list[Breach]:
    over = values > limit
    starts = np.flatnonzero(over & ~np.append(False, over[:-1]))
    return [
        Breach(kind, int(times[at]), participant, symbol, 0, limit, int(values[at])) for at in starts.tolist()
    ]
