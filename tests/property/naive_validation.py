"""Every check of a command's form as one table: the naive model's part for refusals."""

from __future__ import annotations

from dataclasses import dataclass

from obengine.api.messages import NO_PRICE, BandMode, Op, OrderKind, RejectCode, Rule, TimeInForce


@dataclass(frozen=True, slots=True)
class Command:
    """One command with the field names of its record."""

    op: int
    side: int
    kind: int
    tif: int
    symbol: int
    flags: int
    qty_lots: int
    participant: int
    order_id: int
    price_ticks: int


@dataclass(frozen=True, slots=True)
class Extension:
    """The parameters of an EXTEND."""

    display: int
    minimum: int
    expiry: int
    trigger: int


CHECKS = (
    RejectCode.UNKNOWN_OP,
    RejectCode.UNKNOWN_SIDE,
    RejectCode.UNKNOWN_KIND,
    RejectCode.UNKNOWN_TIF,
    RejectCode.BAD_FLAGS,
    RejectCode.UNKNOWN_SYMBOL,
    RejectCode.UNKNOWN_STATE,
    RejectCode.BAD_TIME,
    RejectCode.BAD_STEP,
    RejectCode.UNKNOWN_RULE,
    RejectCode.BAD_RULE,
    RejectCode.BAD_QUANTITY,
    RejectCode.BAD_PRICE,
    RejectCode.MISSING_EXTENSION,
    RejectCode.BAD_TRIGGER,
    RejectCode.BAD_DISPLAY,
    RejectCode.BAD_MINIMUM,
    RejectCode.BAD_EXPIRY,
)
"""The checks of form in their order."""


def form_refusal(c: Command, given: Extension | None, symbols: int, clock: int) -> int:
    """The first rule that a command and its extension break by themselves; 0 for none."""
    new, op = c.op == Op.NEW, c.op
    extended, post_only, slide, hidden = (bool(c.flags >> bit & 1) for bit in range(4))
    x = given if extended and given else Extension(0, 0, 0, 0)
    amend = op == Op.MODIFY and extended
    stop, trailing = c.kind in (2, 3, 4, 5), c.kind in (4, 5)
    with_limit = c.kind in (OrderKind.LIMIT, OrderKind.STOP_LIMIT, OrderKind.TRAILING_STOP_LIMIT)
    lasting = c.tif in (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD)
    gtd, aon = c.tif == TimeInForce.GTD, c.tif == TimeInForce.AON
    bad_new_flags = (
        c.flags >> 4 & 7 > 4
        or c.flags > 1023
        or (c.flags & 512 and (c.kind != OrderKind.LIMIT or c.tif < TimeInForce.ON_OPEN))
        or (c.flags & 256 and (c.kind != OrderKind.MARKET or not lasting))
        or (slide and not post_only)
        or (post_only and c.kind != OrderKind.LIMIT)
        or (hidden and not with_limit)
        or ((post_only or hidden) and not lasting)
    )
    no_display = hidden or not with_limit or not lasting
    no_minimum = c.kind > OrderKind.MARKET or c.tif > TimeInForce.GTD or post_only
    lots_read = op in (Op.NEW, Op.CANCEL, Op.MODIFY, Op.EXECUTE)
    trigger = x.trigger <= 0 if trailing else x.trigger == NO_PRICE if stop else x.trigger != 0
    broken = {
        RejectCode.UNKNOWN_OP: op > 12,
        RejectCode.UNKNOWN_SIDE: (new and c.side > 1) or (op == Op.MASS_CANCEL and c.side > 2),
        RejectCode.UNKNOWN_KIND: new and c.kind > 5,
        RejectCode.UNKNOWN_TIF: new
        and (c.tif > 7 or (aon and c.kind != OrderKind.LIMIT) or (c.tif > 5 and c.kind > OrderKind.MARKET)),
        RejectCode.BAD_FLAGS: bad_new_flags
        if new
        else c.flags not in (0, (4, 1)[c.side % 2 == 0]) or (c.flags and c.side not in (1, 2))
        if op == Op.STATE
        else c.flags > (op in (Op.CLOCK, Op.MODIFY)),
        RejectCode.UNKNOWN_SYMBOL: c.symbol >= symbols
        and op not in (Op.CLOCK, Op.TRADE_WINDOW, Op.BUST)
        and not (op == Op.MASS_CANCEL and c.symbol == 65_535),
        RejectCode.UNKNOWN_STATE: op == Op.STATE and c.side > 2,
        RejectCode.BAD_TIME: op == Op.CLOCK and c.order_id < clock,
        RejectCode.BAD_STEP: op == Op.STEPS
        and (c.participant not in range(1, 65_536) or c.qty_lots not in range(1, 65_536)),
        RejectCode.UNKNOWN_RULE: op == Op.RULE and c.kind > 2,
        RejectCode.BAD_RULE: op == Op.RULE and bad_rule(c),
        RejectCode.BAD_QUANTITY: (lots_read and c.qty_lots < (op != Op.CANCEL))
        or (op == Op.TRADE_WINDOW and c.qty_lots not in range(2**20 + 1)),
        RejectCode.BAD_PRICE: c.price_ticks == NO_PRICE and ((new and with_limit) or op == Op.MODIFY),
        RejectCode.MISSING_EXTENSION: ((new or amend) and extended and given is None)
        or (new and stop and not extended),
        RejectCode.BAD_TRIGGER: new and trigger,
        RejectCode.BAD_DISPLAY: x.display != 0
        and (amend or (new and (x.display < 0 or x.display > c.qty_lots or no_display))),
        RejectCode.BAD_MINIMUM: x.minimum != 0
        and (amend or (new and (x.minimum > c.qty_lots or no_minimum))),
        RejectCode.BAD_EXPIRY: (amend and x.expiry != 0)
        or (new and (x.expiry <= clock if gtd else x.expiry != 0)),
    }
    return next((int(code) for code in CHECKS if broken[code]), 0)


def bad_rule(c: Command) -> bool:
    """Whether the parameters of a RULE are wrong."""
    if c.kind == Rule.STEPS_FROM:
        steps = range(1, 65_536)
        return c.price_ticks == NO_PRICE or c.participant not in steps or c.qty_lots not in steps
    if c.kind == Rule.MATCHING:
        return c.side > 1 or c.qty_lots < 0
    if c.side == BandMode.NONE:
        return False
    if c.side == BandMode.PAUSE and (c.qty_lots <= 0 or c.participant == 0):
        return True
    return c.side > 2 or c.price_ticks == NO_PRICE or c.order_id >= 2**63
