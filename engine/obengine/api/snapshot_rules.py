"""Validation of the rules in snapshots: sections 4.10 to 4.13 and 11 of the specification."""

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
    NO_SIDE,
    BandMode,
    Matching,
    Queue,
    Rule,
    RuleState,
    Side,
    TradingState,
)
from obengine.api.snapshot import Snapshot


def rules_of_rules(snapshot: Snapshot) -> dict[str, NDArray[np.bool_]]:
    """For each rule of `RULE` records, whether each record satisfies it."""
    records = snapshot.rules
    rule, detail = records["rule"], records["detail"]
    band, row, timer = rule == Rule.BAND, rule == Rule.STEPS_FROM, rule == RuleState.TIMER
    matching, top = rule == Rule.MATCHING, rule == RuleState.TOP_ORDER
    lots, number, price = records["lots"], records["number"], records["price_ticks"]
    pauses = band & (detail == BandMode.PAUSE)
    return {
        "rule is a Rule or a RuleState": band | row | matching | timer | top,
        "rules are by symbol and rule, and rows by price": _in_order(records),
        "detail fits the rule": _details_fit(rule, detail),
        "a band and a row have a price, others have none": np.where(
            band | row, price != NO_PRICE, price == 0
        ),
        "a least allocation is not below 0": ~matching | (lots >= 0),
        "a top order is the first of its displayed queue, and orders match pro rata": ~top
        | _may_be_top(snapshot),
        "a band has a width": ~band | (records["value"] <= MAX_PRICE),
        "a band of mode PAUSE has times": ~pauses | ((lots > 0) & (number > 0)),
        "a row has steps from 1 to 65,535": ~row
        | ((lots >= 1) & (lots <= MAX_STEP) & (number >= 1) & (number <= MAX_STEP)),
        "a row is not the first of its table": ~row | (price != MIN_PRICE),
        "a table has at most 64 rows": _tables_fit(records, row),
        "a timer fits the state of its symbol": ~timer | _timers_fit(snapshot),
        "unused fields of RULE are 0": (pauses | row | matching | ((lots == 0) & (number == 0)))
        & (~(row | matching) | (records["value"] == 0))
        & (records["reserved"] == 0),
        "no order is outside the band": _keeps_orders_inside(snapshot),
    }


def _details_fit(rule: NDArray[np.uint8], detail: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether the detail of each record is a value of its rule."""
    return np.select(
        [rule == Rule.BAND, rule == Rule.MATCHING, rule == Rule.STEPS_FROM],
        [
            (detail >= BandMode.REJECT) & (detail <= max(BandMode)),
            detail == Matching.PRO_RATA,
            detail == 0,
        ],
        True,
    )


def _timers_fit(snapshot: Snapshot) -> NDArray[np.bool_]:
    """For each record: as a timer, whether it is of a pause in AUCTION, or of a limit state in OPEN."""
    states = _states(snapshot)
    bands = snapshot.rules[snapshot.rules["rule"] == Rule.BAND]
    pausing = set(bands["symbol"][bands["detail"] == BandMode.PAUSE].tolist())
    fits = [
        states.get(symbol) == TradingState.AUCTION
        if detail == NO_SIDE
        else detail < NO_SIDE and symbol not in states and symbol in pausing
        for symbol, detail in snapshot.rules[["symbol", "detail"]].tolist()
    ]
    return np.array(fits, np.bool_)


def _may_be_top(snapshot: Snapshot) -> NDArray[np.bool_]:
    """For each record: as a top order, whether an order is the first of its queue, and pro-rata matching."""
    shown = snapshot.orders[snapshot.orders["queue"] == Queue.DISPLAYED]
    first = np.unique(shown[["symbol", "side", "price_ticks"]], return_index=True)[1]
    orders = set(shown[["symbol", "side", "order_id"]][first].tolist())
    shared = set(snapshot.rules["symbol"][snapshot.rules["rule"] == Rule.MATCHING].tolist())
    tops = snapshot.rules[["symbol", "detail", "value"]].tolist()
    return np.array([top in orders and top[0] in shared for top in tops], np.bool_)


def _states(snapshot: Snapshot) -> dict[int, int]:
    """The trading states of the symbols that are not OPEN."""
    closed = snapshot.symbols[snapshot.symbols["state"] != TradingState.OPEN]
    return dict(zip(closed["symbol"].tolist(), closed["state"].tolist(), strict=True))


def _tables_fit(records: NDArray[np.void], row: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """For each record, whether its symbol has no more rows than a table may have beside the first."""
    symbols, counts = np.unique(records["symbol"][row], return_counts=True)
    return ~np.isin(records["symbol"], symbols[counts >= MAX_STEP_ROWS])


def _in_order(records: NDArray[np.void]) -> NDArray[np.bool_]:
    rows = np.where(records["rule"] == Rule.STEPS_FROM, records["price_ticks"], 0)
    sides = np.where(records["rule"] == RuleState.TOP_ORDER, records["detail"], 0)
    keys = list(
        zip(*(part.tolist() for part in (records["symbol"], records["rule"], rows, sides)), strict=True)
    )
    return np.array([True, *(a < b for a, b in pairwise(keys))][: len(keys)], np.bool_)


def _keeps_orders_inside(snapshot: Snapshot) -> NDArray[np.bool_]:
    """For each record, false if it is a band that holds for an order of its symbol that is outside it."""
    queue, price = snapshot.orders["queue"], snapshot.orders["price_ticks"]
    orders = snapshot.orders[(queue != Queue.WAITING) & (price != NO_PRICE)]
    buys, sells = orders[orders["side"] == Side.BUY], orders[orders["side"] == Side.SELL]
    holds = []
    states = _states(snapshot)
    fields = ["symbol", "rule", "detail", "price_ticks", "value"]
    for symbol, rule, mode, reference, width in snapshot.rules[fields].tolist():
        if rule != Rule.BAND or (mode == BandMode.PAUSE and symbol in states):
            holds.append(True)
            continue
        lower, upper = max(reference - width, MIN_PRICE), min(reference + width, MAX_PRICE)
        last_queue = Queue.WAITING if mode == BandMode.PAUSE else max(Queue)
        bought, sold = (
            side[(side["symbol"] == symbol) & (side["queue"] <= last_queue)]["price_ticks"]
            for side in (buys, sells)
        )
        holds.append(not ((bought > upper).any() or (sold < lower).any()))
    return np.array(holds, np.bool_)
