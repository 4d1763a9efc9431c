"""Validation of the rules in snapshots: sections 4.10, 4.11 and 11 of the specification."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import (
    MAX_PRICE,
    MAX_STEP,
    MAX_STEP_ROWS,
    MIN_PRICE,
    NO_PRICE,
    BandMode,
    Queue,
    Rule,
    Side,
)
from obengine.api.snapshot import Snapshot


def rules_of_rules(snapshot: Snapshot) -> dict[str, NDArray[np.bool_]]:
    """For each rule of `RULE` records, whether each record satisfies it."""
    records = snapshot.rules
    band, row = records["rule"] == Rule.BAND, records["rule"] == Rule.STEPS_FROM
    detail, lots, number = records["detail"], records["lots"], records["number"]
    return {
        "rule is a Rule": records["rule"] <= max(Rule),
        "rules are by symbol and rule, and rows by price": _in_order(records),
        "detail is a BandMode that is not NONE, else 0": np.where(
            band, (detail >= BandMode.REJECT) & (detail <= max(BandMode)), detail == 0
        ),
        "a rule has a price": records["price_ticks"] != NO_PRICE,
        "a band has a width": ~band | (records["value"] <= MAX_PRICE),
        "a row has steps from 1 to 65,535": ~row
        | ((lots >= 1) & (lots <= MAX_STEP) & (number >= 1) & (number <= MAX_STEP)),
        "a row is not the first of its table": ~row | (records["price_ticks"] != MIN_PRICE),
        "a table has at most 64 rows": _tables_fit(records, row),
        "unused fields of RULE are 0": np.where(band, (lots == 0) & (number == 0), records["value"] == 0)
        & (records["reserved"] == 0),
        "no order is outside the band": _keeps_orders_inside(snapshot),
    }


def _tables_fit(records: NDArray[np.void], row: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """For each record, whether its symbol has no more rows than a table may have beside the first."""
    symbols, counts = np.unique(records["symbol"][row], return_counts=True)
    return ~np.isin(records["symbol"], symbols[counts >= MAX_STEP_ROWS])


def _in_order(records: NDArray[np.void]) -> NDArray[np.bool_]:
    rows = np.where(records["rule"] == Rule.STEPS_FROM, records["price_ticks"], 0)
    keys = list(zip(*(part.tolist() for part in (records["symbol"], records["rule"], rows)), strict=True))
    return np.array([True, *(a < b for a, b in pairwise(keys))][: len(keys)], np.bool_)


def _keeps_orders_inside(snapshot: Snapshot) -> NDArray[np.bool_]:
    """For each record, false if it is a band and a limit of its symbol, not of a stop, is outside it."""
    kept = (snapshot.orders["queue"] != Queue.WAITING) & (snapshot.orders["price_ticks"] != NO_PRICE)
    orders = snapshot.orders[kept]
    buys, sells = orders[orders["side"] == Side.BUY], orders[orders["side"] == Side.SELL]
    holds = []
    for symbol, rule, reference, width in snapshot.rules[["symbol", "rule", "price_ticks", "value"]].tolist():
        if rule != Rule.BAND:
            holds.append(True)
            continue
        lower, upper = max(reference - width, MIN_PRICE), min(reference + width, MAX_PRICE)
        too_high = buys["price_ticks"][buys["symbol"] == symbol] > upper
        too_low = sells["price_ticks"][sells["symbol"] == symbol] < lower
        holds.append(not (too_high.any() or too_low.any()))
    return np.array(holds, np.bool_)
