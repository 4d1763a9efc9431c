"""Validation of the rules in snapshots: sections 4.11 and 11 of the specification."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import MAX_PRICE, MIN_PRICE, NO_PRICE, BandMode, Queue, Rule, Side
from obengine.api.snapshot import Snapshot


def rules_of_rules(snapshot: Snapshot) -> dict[str, NDArray[np.bool_]]:
    """For each rule of `RULE` records, whether each record satisfies it."""
    records = snapshot.rules
    return {
        "rule is a Rule": records["rule"] <= max(Rule),
        "rules are by symbol and rule": _in_order(records),
        "detail is a BandMode that is not NONE": (records["detail"] >= BandMode.REJECT)
        & (records["detail"] <= max(BandMode)),
        "a band has a reference price and a width": (records["price_ticks"] != NO_PRICE)
        & (records["value"] <= MAX_PRICE),
        "unused fields of RULE are 0": (records["lots"] == 0)
        & (records["number"] == 0)
        & (records["reserved"] == 0),
        "no order is outside the band": _keeps_orders_inside(snapshot),
    }


def _in_order(records: NDArray[np.void]) -> NDArray[np.bool_]:
    keys = list(zip(records["symbol"].tolist(), records["rule"].tolist(), strict=True))
    return np.array([True, *(a < b for a, b in pairwise(keys))][: len(keys)], np.bool_)


def _keeps_orders_inside(snapshot: Snapshot) -> NDArray[np.bool_]:
    """For each band, whether no resting order of its symbol is outside it."""
    orders = snapshot.orders[snapshot.orders["queue"] != Queue.WAITING]
    buys, sells = orders[orders["side"] == Side.BUY], orders[orders["side"] == Side.SELL]
    holds = []
    for symbol, reference, width in snapshot.rules[["symbol", "price_ticks", "value"]].tolist():
        lower, upper = max(reference - width, MIN_PRICE), min(reference + width, MAX_PRICE)
        too_high = buys["price_ticks"][buys["symbol"] == symbol] > upper
        too_low = sells["price_ticks"][sells["symbol"] == symbol] < lower
        holds.append(not (too_high.any() or too_low.any()))
    return np.array(holds, np.bool_)
