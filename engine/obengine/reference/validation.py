"""Validation of commands: the format checks of section 3 of the specification."""

from __future__ import annotations

from typing import Final

from obengine.api.messages import (
    ALL_SYMBOLS,
    BOTH_SIDES,
    END_OF_DAY,
    MAX_KEPT_TRADES,
    MAX_PRICE,
    MAX_STEP,
    NO_PRICE,
    SELF_TRADE_MASK,
    SELF_TRADE_SHIFT,
    BandMode,
    Matching,
    Op,
    OrderFlag,
    OrderKind,
    RejectCode,
    Rule,
    SelfTrade,
    Side,
    StateFlag,
    TimeInForce,
    TradingState,
)
from obengine.reference.orders import AT_AUCTION, LIMITED, STOPS, TRAILING, WHOLE, Command, Extension

_VALID: Final = 0
_RESTING_FLAGS: Final = OrderFlag.POST_ONLY | OrderFlag.HIDDEN
_LASTING: Final = frozenset({TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD})
_STATE_FLAGS: Final[dict[int, int]] = {
    TradingState.AUCTION: StateFlag.CLOSING,
    TradingState.HALT: StateFlag.UNCROSS,
}


def validate_command(command: Command, extension: Extension | None, symbols: int, clock_ns: int) -> int:
    """The RejectCode of the first broken format rule; 0 for a valid command.

    Args:
        command: any command except EXTEND.
        extension: of a NEW or MODIFY; all 0 without the flag EXTENDED; None if it has no preceding EXTEND.
        symbols: the number of symbols.
        clock_ns: the engine's clock.
    """
    if command.op == Op.NEW:
        return _validate_new(command, extension, symbols, clock_ns)
    if command.op <= Op.EXECUTE:
        return _validate_by_id(command, extension, symbols)
    if command.op == Op.MASS_CANCEL:
        return (
            RejectCode.UNKNOWN_SIDE if command.side > BOTH_SIDES
            else RejectCode.BAD_FLAGS if command.flags
            else RejectCode.UNKNOWN_SYMBOL if symbols <= command.symbol != ALL_SYMBOLS
            else _VALID
        )  # fmt: skip
    if command.op == Op.STATE:
        return (
            RejectCode.BAD_FLAGS if command.flags & ~_STATE_FLAGS.get(command.side, 0)
            else RejectCode.UNKNOWN_SYMBOL if command.symbol >= symbols
            else RejectCode.UNKNOWN_STATE if command.side > TradingState.AUCTION
            else _VALID
        )  # fmt: skip
    if command.op == Op.CLOCK:
        return (
            RejectCode.BAD_FLAGS if command.flags & ~END_OF_DAY
            else RejectCode.BAD_TIME if command.order_id < clock_ns
            else _VALID
        )  # fmt: skip
    if command.op == Op.STEPS:
        return (
            RejectCode.BAD_FLAGS if command.flags
            else RejectCode.UNKNOWN_SYMBOL if command.symbol >= symbols
            else RejectCode.BAD_STEP if _bad_steps(command)
            else _VALID
        )  # fmt: skip
    if command.op == Op.RULE:
        return (
            RejectCode.BAD_FLAGS if command.flags
            else RejectCode.UNKNOWN_SYMBOL if command.symbol >= symbols
            else RejectCode.UNKNOWN_RULE if command.kind > max(Rule)
            else RejectCode.BAD_RULE if _bad_rule(command)
            else _VALID
        )  # fmt: skip
    return _validate_trades_and_indication(command, symbols)


def _bad_steps(command: Command) -> bool:
    return not all(1 <= step <= MAX_STEP for step in (command.participant, command.qty_lots))


def _validate_trades_and_indication(command: Command, symbols: int) -> int:
    """Validate TRADE_WINDOW, INDICATE, BUST."""
    if command.op == Op.TRADE_WINDOW:
        return (
            RejectCode.BAD_FLAGS if command.flags
            else RejectCode.BAD_QUANTITY if not 0 <= command.qty_lots <= MAX_KEPT_TRADES
            else _VALID
        )  # fmt: skip
    if command.op == Op.INDICATE:
        return (
            RejectCode.BAD_FLAGS if command.flags
            else RejectCode.UNKNOWN_SYMBOL if command.symbol >= symbols
            else _VALID
        )  # fmt: skip
    if command.op == Op.BUST:
        return RejectCode.BAD_FLAGS if command.flags else _VALID
    return RejectCode.UNKNOWN_OP


def _bad_rule(command: Command) -> bool:
    if command.kind == Rule.STEPS_FROM:
        return command.price_ticks == NO_PRICE or _bad_steps(command)
    if command.kind == Rule.MATCHING:
        return command.side > max(Matching) or command.qty_lots < 0
    mode, width = command.side, command.order_id
    no_times = command.qty_lots < 1 or not command.participant
    return bool(
        mode > max(BandMode)
        or (mode and (command.price_ticks == NO_PRICE or width > MAX_PRICE))
        or (mode == BandMode.PAUSE and no_times)
    )


def _validate_by_id(command: Command, extension: Extension | None, symbols: int) -> int:
    """Validate CANCEL, MODIFY, EXECUTE."""
    least = 0 if command.op == Op.CANCEL else 1
    allowed = OrderFlag.EXTENDED if command.op == Op.MODIFY else 0
    return (
        RejectCode.BAD_FLAGS if command.flags & ~allowed
        else RejectCode.UNKNOWN_SYMBOL if command.symbol >= symbols
        else RejectCode.BAD_QUANTITY if command.qty_lots < least
        else RejectCode.BAD_PRICE if command.op == Op.MODIFY and command.price_ticks == NO_PRICE
        else RejectCode.MISSING_EXTENSION if extension is None
        else RejectCode.BAD_DISPLAY if extension.display_lots
        else RejectCode.BAD_MINIMUM if extension.min_lots
        else RejectCode.BAD_EXPIRY if extension.expiry_ns
        else _VALID
    )  # fmt: skip


def _validate_new(command: Command, extension: Extension | None, symbols: int, clock_ns: int) -> int:
    kind, tif = command.kind, command.tif
    return (
        RejectCode.UNKNOWN_SIDE if command.side > Side.SELL
        else RejectCode.UNKNOWN_KIND if kind > OrderKind.TRAILING_STOP_LIMIT
        else RejectCode.UNKNOWN_TIF if tif > TimeInForce.ON_CLOSE
        else RejectCode.UNKNOWN_TIF if tif == TimeInForce.AON and kind != OrderKind.LIMIT
        else RejectCode.UNKNOWN_TIF if tif in AT_AUCTION and kind > OrderKind.MARKET
        else RejectCode.BAD_FLAGS if command.flags and _bad_flags(command)
        else RejectCode.UNKNOWN_SYMBOL if command.symbol >= symbols
        else RejectCode.BAD_QUANTITY if command.qty_lots <= 0
        else RejectCode.BAD_PRICE if kind in LIMITED and command.price_ticks == NO_PRICE
        else RejectCode.MISSING_EXTENSION if extension is None
        else RejectCode.MISSING_EXTENSION if kind in STOPS and not command.flags & OrderFlag.EXTENDED
        else RejectCode.BAD_TRIGGER if _bad_trigger(kind, extension.trigger_ticks)
        else RejectCode.BAD_DISPLAY if extension.display_lots and _bad_display(command, extension)
        else RejectCode.BAD_MINIMUM if extension.min_lots and _bad_minimum(command, extension)
        else RejectCode.BAD_EXPIRY if _bad_expiry(tif, extension.expiry_ns, clock_ns)
        else _VALID
    )  # fmt: skip


def _bad_flags(command: Command) -> bool:
    flags, kind = command.flags, command.kind
    return bool(
        flags >= 2 * OrderFlag.IMBALANCE_ONLY
        or (flags & OrderFlag.IMBALANCE_ONLY and (kind != OrderKind.LIMIT or command.tif not in AT_AUCTION))
        or (flags & OrderFlag.TO_LIMIT and (kind != OrderKind.MARKET or command.tif not in _LASTING))
        or flags >> SELF_TRADE_SHIFT & SELF_TRADE_MASK > SelfTrade.DECREMENT
        or (flags & OrderFlag.SLIDE and not flags & OrderFlag.POST_ONLY)
        or (flags & OrderFlag.POST_ONLY and kind != OrderKind.LIMIT)
        or (flags & OrderFlag.HIDDEN and kind not in LIMITED)
        or (flags & _RESTING_FLAGS and command.tif not in _LASTING)
    )


def _bad_trigger(kind: int, trigger_ticks: int) -> bool:
    if kind in TRAILING:
        return trigger_ticks <= 0
    return trigger_ticks == NO_PRICE if kind in STOPS else trigger_ticks != 0


def _bad_display(command: Command, extension: Extension) -> bool:
    return bool(
        not 0 < extension.display_lots <= command.qty_lots
        or command.flags & OrderFlag.HIDDEN
        or command.kind not in LIMITED
        or command.tif not in _LASTING
    )


def _bad_minimum(command: Command, extension: Extension) -> bool:
    return bool(
        extension.min_lots > command.qty_lots
        or command.kind in STOPS
        or command.tif in WHOLE | AT_AUCTION
        or command.flags & OrderFlag.POST_ONLY
    )


def _bad_expiry(tif: int, expiry_ns: int, clock_ns: int) -> bool:
    return expiry_ns <= clock_ns if tif == TimeInForce.GTD else expiry_ns != 0
