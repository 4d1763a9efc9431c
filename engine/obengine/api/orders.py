"""Functions that build command records; a NEW gets a preceding EXTEND where needed."""

from __future__ import annotations

import struct

import numpy as np

from obengine.api.errors import BatchError
from obengine.api.messages import (
    ALL_SYMBOLS,
    BOTH_SIDES,
    COMMAND,
    COMMAND_RECORD,
    NO_PRICE,
    SELF_TRADE_SHIFT,
    BandMode,
    Commands,
    Matching,
    Op,
    OrderFlag,
    OrderKind,
    Rule,
    SelfTrade,
    Side,
    StateFlag,
    TimeInForce,
    TradingState,
)

_POST_ONLY, _SLIDE, _HIDDEN = map(int, (OrderFlag.POST_ONLY, OrderFlag.SLIDE, OrderFlag.HIDDEN))
_TOTAL, _TO_LIMIT = map(int, (OrderFlag.TOTAL, OrderFlag.TO_LIMIT))
_IMBALANCE_ONLY = int(OrderFlag.IMBALANCE_ONLY)


def new_order(
    order_id: int,
    side: Side,
    qty_lots: int,
    price_ticks: int = NO_PRICE,
    *,
    kind: OrderKind | None = None,
    tif: TimeInForce = TimeInForce.GTC,
    symbol: int = 0,
    participant: int = 0,
    post_only: bool = False,
    slide: bool = False,
    hidden: bool = False,
    self_trade: SelfTrade = SelfTrade.NONE,
    display_lots: int = 0,
    min_lots: int = 0,
    expiry_ns: int = 0,
    trigger_ticks: int | None = None,
    trail_ticks: int | None = None,
    modify_by_total: bool = False,
    to_limit: bool = False,
    imbalance_only: bool = False,
) -> Commands:
    """Build a NEW command.

    Args:
        order_id: any uint64 that is not in use in the symbol.
        side: buy or sell.
        qty_lots: above 0.
        price_ticks: the limit, the worst price of a market order, or the offset of a trailing stop-limit.
        kind: default: LIMIT with a price and MARKET without; with `trigger_ticks` the stop kinds, with
            `trail_ticks` the trailing stop kinds.
        tif: GTC, IOC, DAY, GTD (with `expiry_ns`), FOK, AON; ON_OPEN or ON_CLOSE: for that auction only.
        symbol: the symbol index.
        participant: the owner; 0 if unknown.
        post_only: reject the order if it would trade on arrival.
        slide: with `post_only`: reprice the order behind the touch instead.
        hidden: rest without being displayed.
        self_trade: the self-trade prevention mode.
        display_lots: the displayed quantity of an iceberg.
        min_lots: the minimum quantity to trade on arrival.
        expiry_ns: the expiry time of a GTD order.
        trigger_ticks: the trigger of a stop.
        trail_ticks: the distance of the trigger of a trailing stop from the market.
        modify_by_total: a MODIFY of this order gives its total quantity, filled lots included.
        imbalance_only: of a limit order for an auction: trade only with the imbalance that the others leave.
        to_limit: of a market order: trade at the best opposite price alone; the remainder rests there.

    Raises:
        BatchError: a value does not fit its field.
    """
    if kind is None:
        kind = _kind(price_ticks, trigger_ticks, trail_ticks)
    distance = trigger_ticks if trigger_ticks is not None else trail_ticks or 0
    flags = post_only * _POST_ONLY | slide * _SLIDE | hidden * _HIDDEN | self_trade << SELF_TRADE_SHIFT
    flags |= modify_by_total * _TOTAL | to_limit * _TO_LIMIT | imbalance_only * _IMBALANCE_ONLY
    is_stop = kind > OrderKind.MARKET
    extended = bool(display_lots or min_lots or expiry_ns or distance or is_stop)
    order = (Op.NEW, side, kind, tif, symbol, flags | extended, qty_lots, participant, order_id, price_ticks)
    if not extended:
        return _records(order)
    return _records((Op.EXTEND, 0, 0, 0, 0, 0, display_lots, min_lots, expiry_ns, distance), order)


def cancel(order_id: int, qty_lots: int = 0, *, symbol: int = 0) -> Commands:
    """Build a CANCEL of lots of an order; 0 cancels all of it."""
    return _records((Op.CANCEL, 0, 0, 0, symbol, 0, qty_lots, 0, order_id, 0))


def modify(
    order_id: int,
    qty_lots: int,
    price_ticks: int = 0,
    *,
    symbol: int = 0,
    trigger_ticks: int | None = None,
    trail_ticks: int | None = None,
) -> Commands:
    """Build a MODIFY to a new quantity and price; a stop without a limit ignores the price.

    Args:
        order_id: an open order.
        qty_lots: the new open quantity; of an order with `modify_by_total`: its total quantity.
        price_ticks: the new limit.
        symbol: the symbol index.
        trigger_ticks: a new trigger of a waiting stop.
        trail_ticks: a new trail of a waiting trailing stop.

    Raises:
        BatchError: a value does not fit its field.
    """
    amended = trigger_ticks if trigger_ticks is not None else trail_ticks
    flags = 0 if amended is None else int(OrderFlag.EXTENDED)
    order = (Op.MODIFY, 0, 0, 0, symbol, flags, qty_lots, 0, order_id, price_ticks)
    return (
        _records(order) if amended is None else _records((Op.EXTEND, 0, 0, 0, 0, 0, 0, 0, 0, amended), order)
    )


def execute(order_id: int, qty_lots: int, *, symbol: int = 0) -> Commands:
    """Build an EXECUTE: a recorded execution of a resting order."""
    return _records((Op.EXECUTE, 0, 0, 0, symbol, 0, qty_lots, 0, order_id, 0))


def mass_cancel(*, participant: int = 0, side: Side | None = None, symbol: int | None = None) -> Commands:
    """Build a MASS_CANCEL of all orders, or those of a participant, a side, a symbol."""
    sides = BOTH_SIDES if side is None else side
    symbols = ALL_SYMBOLS if symbol is None else symbol
    return _records((Op.MASS_CANCEL, sides, 0, 0, symbols, 0, 0, participant, 0, 0))


def set_state(
    state: TradingState,
    *,
    symbol: int = 0,
    reference_ticks: int = NO_PRICE,
    closing: bool = False,
    uncross: bool = False,
) -> Commands:
    """Build a STATE command; when a symbol opens, the reference price is used by the uncross.

    Args:
        state: the new trading state.
        symbol: the symbol index.
        reference_ticks: default: the last price.
        closing: with AUCTION: it is the closing auction.
        uncross: with HALT: uncross the book first, as if it opened.
    """
    flags = closing * StateFlag.CLOSING | uncross * StateFlag.UNCROSS
    return _records((Op.STATE, state, 0, 0, symbol, flags, 0, 0, 0, reference_ticks))


def keep_trades(trades: int) -> Commands:
    """Build a TRADE_WINDOW command: keep the last trades, so that they can be busted."""
    return _records((Op.TRADE_WINDOW, 0, 0, 0, 0, 0, trades, 0, 0, 0))


def bust_trade(trade_id: int) -> Commands:
    """Build a BUST command; a trade id is the sequence number of its TRADED event."""
    return _records((Op.BUST, 0, 0, 0, 0, 0, 0, 0, trade_id, 0))


def indicate(*, symbol: int = 0, reference_ticks: int = NO_PRICE) -> Commands:
    """Build an INDICATE command, which publishes what the uncross of a symbol would give now."""
    return _records((Op.INDICATE, 0, 0, 0, symbol, 0, 0, 0, 0, reference_ticks))


def set_clock(time_ns: int, *, end_of_day: bool = False) -> Commands:
    """Build a CLOCK command, which expires orders that are due, and DAY orders at the end of day."""
    return _records((Op.CLOCK, 0, 0, 0, 0, end_of_day, 0, 0, time_ns, 0))


def set_steps(*, price_step_ticks: int = 1, lot_step: int = 1, symbol: int = 0) -> Commands:
    """Build a STEPS command: prices and quantities of a symbol's orders must be multiples of these steps."""
    return _records((Op.STEPS, 0, 0, 0, symbol, 0, lot_step, price_step_ticks, 0, 0))


def set_steps_from(
    price_ticks: int, *, price_step_ticks: int = 1, lot_step: int = 1, symbol: int = 0
) -> Commands:
    """Build a RULE command: the steps of a symbol from a price up to the next row of its table."""
    return _records((Op.RULE, 0, Rule.STEPS_FROM, 0, symbol, 0, lot_step, price_step_ticks, 0, price_ticks))


def set_matching(matching: Matching, *, least_lots: int = 0, top_lots: int = 0, symbol: int = 0) -> Commands:
    """Build a RULE command: how a taker trades with the displayed orders of a level.

    Args:
        matching: by time, or pro rata.
        least_lots: pro rata: a share below this is not allocated.
        top_lots: pro rata: the top order is allocated up to this before the others.
        symbol: the symbol index.

    Raises:
        BatchError: a value does not fit its field.
    """
    return _records((Op.RULE, matching, Rule.MATCHING, 0, symbol, 0, least_lots, top_lots, 0, 0))


def set_band(
    mode: BandMode,
    reference_ticks: int = 0,
    width_ticks: int = 0,
    *,
    limit_ms: int = 15_000,
    pause_ms: int = 300_000,
    symbol: int = 0,
) -> Commands:
    """Build a RULE command: the price band of a symbol, from reference - width to reference + width.

    Args:
        mode: none, reject what is outside, or pause trading.
        reference_ticks: the middle of the band.
        width_ticks: the distance of its ends.
        limit_ms: mode PAUSE: how long a limit state lasts before the pause.
        pause_ms: mode PAUSE: how long the pause lasts before the reopening.
        symbol: the symbol index.

    Raises:
        BatchError: a value does not fit its field.
    """
    times = (limit_ms, pause_ms) if mode == BandMode.PAUSE else (0, 0)
    return _records((Op.RULE, mode, Rule.BAND, 0, symbol, 0, *times, width_ticks, reference_ticks))


def _kind(price_ticks: int, trigger_ticks: int | None, trail_ticks: int | None) -> OrderKind:
    limited = price_ticks != NO_PRICE
    if trigger_ticks is not None:
        return OrderKind.STOP_LIMIT if limited else OrderKind.STOP
    if trail_ticks is not None:
        return OrderKind.TRAILING_STOP_LIMIT if limited else OrderKind.TRAILING_STOP
    return OrderKind.LIMIT if limited else OrderKind.MARKET


def _records(*rows: tuple[int, ...]) -> Commands:
    data = bytearray()
    for row in rows:
        try:
            data += COMMAND_RECORD.pack(*row)
        except struct.error as error:
            fields = dict(zip(COMMAND.names or (), row, strict=True))
            raise BatchError(f"a value does not fit its field: {error}: {fields}") from error
    return np.frombuffer(data, COMMAND)
