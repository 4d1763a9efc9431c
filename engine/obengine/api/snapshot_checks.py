"""Validation of snapshots: the rules of section 11 of the specification."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import SnapshotError, SymbolError
from obengine.api.messages import (
    CROSS,
    MAX_KEPT_TRADES,
    MAX_QTY,
    NO_PRICE,
    SELF_TRADE_MASK,
    SELF_TRADE_SHIFT,
    OrderFlag,
    OrderKind,
    Queue,
    SelfTrade,
    Side,
    TimeInForce,
    TradingState,
)
from obengine.api.snapshot import ENGINE, KEPT_TRADE, MAX_SEQUENCE, RESTING, RULE, SYMBOL, Snapshot
from obengine.api.snapshot_rules import rules_of_rules

_TIF_OF: Final = np.zeros(len(Queue), np.uint8)
_TIF_OF[[Queue.CONDITIONAL, Queue.ON_OPEN, Queue.ON_CLOSE]] = (
    TimeInForce.AON,
    TimeInForce.ON_OPEN,
    TimeInForce.ON_CLOSE,
)
_CLOSING_AUCTION: Final = TradingState.AUCTION + 4


def validate_snapshot(snapshot: Snapshot, symbols: int) -> None:
    """Require that a snapshot satisfies all rules for a book of `symbols` symbols.

    Raises:
        SnapshotError: names the record and the rule that it breaks.
        SymbolError: a record has a symbol that is not below `symbols`.
    """
    for name, records, dtype in (
        ("engine", snapshot.engine, ENGINE),
        ("symbols", snapshot.symbols, SYMBOL),
        ("orders", snapshot.orders, RESTING),
        ("rules", snapshot.rules, RULE),
        ("kept_trade", snapshot.trades, KEPT_TRADE),
    ):
        if records.dtype != dtype or records.ndim != 1:
            raise SnapshotError(
                f"snapshot.{name} is not a one-dimensional array of {name.upper()} records (snapshot.py)"
            )
    for name, records in (
        ("symbols", snapshot.symbols),
        ("orders", snapshot.orders),
        ("rules", snapshot.rules),
        ("trades", snapshot.trades),
    ):
        if len(records) and int(records["symbol"].max()) >= symbols:
            raise SymbolError(f"snapshot.{name} has symbol {records['symbol'].max()}, the book has {symbols}")
    if not 0 <= snapshot.next_sequence <= MAX_SEQUENCE:
        raise SnapshotError(f"snapshot.next_sequence is {snapshot.next_sequence}, not 0 to 2**63 - 1")
    if len(snapshot.engine) != 1:
        raise SnapshotError(f"snapshot.engine has {len(snapshot.engine)} records, not 1")
    for name, rules in _rules(snapshot).items():
        for rule, holds in rules.items():
            if not holds.all():
                raise SnapshotError(f"snapshot.{name}[{int(np.argmin(holds))}]: broken rule: {rule}")


def count_broken_rules(snapshot: Snapshot) -> dict[str, int]:
    """The number of records that break each rule."""
    return {rule: int((~holds).sum()) for rules in _rules(snapshot).values() for rule, holds in rules.items()}


def _rules(snapshot: Snapshot) -> dict[str, dict[str, NDArray[np.bool_]]]:
    """For each array and rule, whether each record satisfies the rule."""
    return {
        "engine": _engine_rules(snapshot.engine),
        "symbols": _symbol_rules(snapshot.symbols),
        "orders": _order_rules(snapshot),
        "rules": rules_of_rules(snapshot),
        "trades": _trade_rules(snapshot),
    }


def _engine_rules(engine: NDArray[np.void]) -> dict[str, NDArray[np.bool_]]:
    parameters = ("display_lots", "min_lots", "expiry_ns", "trigger_ticks")
    return {
        "extended is 0 or 1": engine["extended"] <= 1,
        "trade_window is at most MAX_KEPT_TRADES": engine["trade_window"] <= MAX_KEPT_TRADES,
        "without an EXTEND all parameters are 0": (engine["extended"] == 1)
        | np.logical_and.reduce([engine[field] == 0 for field in parameters]),
    }


def _symbol_rules(symbols: NDArray[np.void]) -> dict[str, NDArray[np.bool_]]:
    has_last, last = symbols["has_last"], symbols["last_ticks"]
    return {
        "records are by symbol": _rising(symbols["symbol"].astype(np.int64)),
        "state is a TradingState, plus 4 in a closing auction": (symbols["state"] <= TradingState.AUCTION)
        | (symbols["state"] == _CLOSING_AUCTION),
        "has_last is 0 or 1": has_last <= 1,
        "a step is not 1": (symbols["price_step"] != 1) & (symbols["lot_step"] != 1),
        "last_ticks is a price, 0 where there is none": (last != NO_PRICE) & ((has_last == 1) | (last == 0)),
        "a symbol in initial state has no record": (has_last == 1)
        | (symbols["state"] != TradingState.OPEN)
        | (symbols["price_step"] != 0)
        | (symbols["lot_step"] != 0),
    }


def _trade_rules(snapshot: Snapshot) -> dict[str, NDArray[np.bool_]]:
    trades, size = snapshot.trades, int(snapshot.engine["trade_window"][0])
    sequence = trades["sequence"]
    rising = np.append(True, sequence[1:] > sequence[:-1])[: len(trades)]
    return {
        "trades are by id, before the next event": rising & (sequence < np.uint64(snapshot.next_sequence)),
        "no more trades than the window has": np.arange(len(trades)) < size,
        "detail of a trade is a Side or CROSS": trades["detail"] <= CROSS,
        "is_busted is 0 or 1": trades["is_busted"] <= 1,
        "lots of a trade are above 0": trades["qty_lots"] > 0,
        "price of a trade is a price": trades["price_ticks"] != NO_PRICE,
    }


def _order_rules(snapshot: Snapshot) -> dict[str, NDArray[np.bool_]]:
    orders = snapshot.orders
    kind, tif, queue, flags = (orders[field] for field in ("kind", "tif", "queue", "flags"))
    price, trigger, trail = (orders[field] for field in ("price_ticks", "trigger_ticks", "trail_ticks"))
    lots, display, shown = (orders[field] for field in ("open_lots", "display_lots", "shown_lots"))
    waiting, displayed = queue == Queue.WAITING, queue == Queue.DISPLAYED
    at_auction = queue > Queue.WAITING
    trailing = kind >= OrderKind.TRAILING_STOP
    unpriced = (kind == OrderKind.STOP) | (kind == OrderKind.TRAILING_STOP)
    unpriced |= at_auction & (kind == OrderKind.MARKET)
    hidden, post_only = (flags & OrderFlag.HIDDEN) != 0, (flags & OrderFlag.POST_ONLY) != 0
    by_total = (flags & OrderFlag.TOTAL) != 0
    lasting = (tif == TimeInForce.GTC) | (tif == TimeInForce.DAY) | (tif == TimeInForce.GTD)
    clock = snapshot.engine["clock_ns"][0]
    shows = np.where(display > 0, (shown > 0) & (shown <= np.minimum(display, lots)), shown == lots)
    return {
        "side is a Side": orders["side"] <= Side.SELL,
        "queue is a Queue": queue <= Queue.ON_CLOSE,
        "waiting orders are stops, orders for an auction LIMIT or MARKET, all others LIMIT": np.where(
            waiting,
            (kind >= OrderKind.STOP) & (kind <= OrderKind.TRAILING_STOP_LIMIT),
            (kind == OrderKind.LIMIT) | (at_auction & (kind == OrderKind.MARKET)),
        ),
        "tif is allowed in the queue": np.where(
            waiting,
            tif <= TimeInForce.FOK,
            np.where(queue >= Queue.CONDITIONAL, tif == _TIF_OF[np.minimum(queue, Queue.ON_CLOSE)], lasting),
        ),
        "flags are allowed in the queue": (flags & OrderFlag.EXTENDED == 0)
        & (flags < 2 * OrderFlag.IMBALANCE_ONLY)
        & (flags & OrderFlag.TO_LIMIT == 0)
        & ((flags & OrderFlag.IMBALANCE_ONLY == 0) | (at_auction & (kind == OrderKind.LIMIT)))
        & (flags >> SELF_TRADE_SHIFT & SELF_TRADE_MASK <= SelfTrade.DECREMENT)
        & (post_only | (flags & OrderFlag.SLIDE == 0))
        & ~(post_only & (waiting | ~lasting))
        & (waiting | (hidden == (queue == Queue.HIDDEN)))
        & ~(hidden & waiting & (unpriced | ~lasting)),
        "open_lots is above 0": lots > 0,
        "display_lots is 0 for orders that are never displayed": (display >= 0)
        & ((display == 0) | (displayed | (waiting & ~unpriced & lasting & ~hidden))),
        "shown_lots fit the queue": np.where(displayed, shows, shown == 0),
        "price_ticks is a price, NO_PRICE for a stop without a limit and a market order": (price == NO_PRICE)
        == unpriced,
        "trigger and trail (or filled lots) fit the order": np.where(
            waiting,
            (trailing == (trail > 0)) & (trailing | ((trigger != NO_PRICE) & (trail == 0))),
            (trigger == 0) & (trail >= 0) & (trail <= np.where(by_total, MAX_QTY - lots.astype(np.int64), 0)),
        ),
        "expiry_ns is after the clock for GTD, else 0": np.where(
            tif == TimeInForce.GTD, orders["expiry_ns"] > clock, orders["expiry_ns"] == 0
        ),
        "orders are in the canonical order": _in_order(orders),
        "ids are unique within a symbol": _first_of_their_id(orders),
        "an OPEN book is not crossed": _uncrossed(snapshot),
    }


def _rising(numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each number is greater than the previous one."""
    return np.concatenate([np.ones(min(len(numbers), 1), np.bool_), numbers[1:] > numbers[:-1]])


def _in_order(orders: NDArray[np.void]) -> NDArray[np.bool_]:
    """Whether each order may follow the previous one."""
    outside = np.where(orders["queue"] >= Queue.WAITING, orders["queue"], 0)
    # ~price turns best-bid-first into ascending, for the whole of int64.
    rank = np.where(orders["side"] == Side.SELL, orders["price_ticks"], ~orders["price_ticks"])
    keys = list(
        zip(
            orders["symbol"].tolist(),
            outside.tolist(),
            orders["side"].tolist(),
            np.where(outside, 0, rank).tolist(),
            orders["queue"].tolist(),
            strict=True,
        )
    )
    later = [True, *(a <= b for a, b in pairwise(keys))]
    return np.array(later[: len(keys)], np.bool_)


def _first_of_their_id(orders: NDArray[np.void]) -> NDArray[np.bool_]:
    """Whether no earlier order has the same symbol and id."""
    first = np.zeros(len(orders), np.bool_)
    first[np.unique(orders[["symbol", "order_id"]], return_index=True)[1]] = True
    return first


def _uncrossed(snapshot: Snapshot) -> NDArray[np.bool_]:
    """For each order, false if it is a sell at or below the best buy of an open symbol."""
    orders, symbols = snapshot.orders, snapshot.symbols
    closed = set(symbols["symbol"][symbols["state"] != TradingState.OPEN].tolist())
    firm = orders["queue"] <= Queue.HIDDEN
    best_bids: dict[int, int] = {}
    for symbol, side, price, is_firm in zip(
        orders["symbol"].tolist(),
        orders["side"].tolist(),
        orders["price_ticks"].tolist(),
        firm.tolist(),
        strict=True,
    ):
        if is_firm and side == Side.BUY and symbol not in closed:
            best_bids[symbol] = max(price, best_bids.get(symbol, price))
    crossing = [
        bool(is_firm) and side == Side.SELL and symbol in best_bids and price <= best_bids[symbol]
        for symbol, side, price, is_firm in zip(
            orders["symbol"].tolist(),
            orders["side"].tolist(),
            orders["price_ticks"].tolist(),
            firm.tolist(),
            strict=True,
        )
    ]
    return ~np.array(crossing, np.bool_)
