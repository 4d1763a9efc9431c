"""Each reject code, and which of two broken rules is reported."""

from __future__ import annotations

import numpy as np
import pytest

from obengine.api.messages import (
    ALL_SYMBOLS,
    COMMAND,
    MAX_ID,
    NO_PRICE,
    Commands,
    EventKind,
    Op,
    RejectCode,
    TradingState,
)
from obengine.reference.book import ReferenceBook

Row = tuple[int, ...]
Fields = dict[str, int]

RESTING: list[Row] = [
    (Op.NEW, 0, 0, 0, 0, 0, 5, 7, 1, 100),
    (Op.NEW, 1, 0, 0, 0, 0, 5, 7, 2, 102),
    (Op.EXTEND, 0, 0, 0, 0, 0, 0, 0, 0, 120),
    (Op.NEW, 0, 2, 0, 0, 1, 5, 7, 3, 0),
    (Op.NEW, 0, 0, 5, 0, 0, 5, 7, 4, 99),
    (Op.NEW, 0, 0, 0, 0, 2, 5, 7, 5, 98),
    (Op.CLOCK, 0, 0, 0, 0, 0, 0, 0, 50, 0),
]
"""Orders 1 (buy at 100), 2 (sell at 102), 3 (stop), 4 (AON), 5 (post-only) and a clock at 50."""

NEW: Fields = {"op": Op.NEW, "qty_lots": 5, "order_id": 9, "price_ticks": 100}
EXTEND: Fields = {"op": Op.EXTEND, "side": 255, "symbol": 999, "flags": 65535}
NAMED: Fields = {"side": 255, "kind": 255, "tif": 255, "order_id": 1}
CANCEL, MODIFY, EXECUTE = (NAMED | {"op": op} for op in (Op.CANCEL, Op.MODIFY, Op.EXECUTE))
MASS: Fields = {"op": Op.MASS_CANCEL, "kind": 255, "tif": 255, "qty_lots": -1}
STATE: Fields = {"op": Op.STATE, "kind": 255, "tif": 255, "qty_lots": -1}
STEPS: Fields = {"op": Op.STEPS, "side": 255, "kind": 255, "tif": 255, "qty_lots": 1, "participant": 1}
RULE: Fields = {"op": Op.RULE, "side": 1, "tif": 255, "qty_lots": -1}
CLOCK: Fields = {"op": Op.CLOCK, "side": 255, "symbol": 999, "qty_lots": -1, "order_id": 60}
STOP: Fields = NEW | {"kind": 2, "flags": 1, "price_ticks": NO_PRICE}


def extended(parameters: Fields, order: Fields) -> list[Fields]:
    return [EXTEND | parameters, NEW | {"flags": 1} | order]


def records(*commands: Fields) -> Commands:
    out = np.zeros(len(commands), COMMAND)
    for record, fields in zip(out, commands, strict=True):
        for name, value in fields.items():
            record[name] = value
    return out


FORM: list[tuple[RejectCode, list[Fields]]] = [
    (RejectCode.UNKNOWN_OP, [{"op": 13, "side": 9, "flags": 1}]),
    (RejectCode.UNKNOWN_OP, [{"op": 255}]),
    (RejectCode.UNKNOWN_SIDE, [NEW | {"side": 2, "kind": 6, "tif": 8}]),
    (RejectCode.UNKNOWN_SIDE, [MASS | {"side": 3, "flags": 1}]),
    (RejectCode.UNKNOWN_KIND, [NEW | {"kind": 6, "tif": 8, "flags": 256}]),
    (RejectCode.UNKNOWN_TIF, [NEW | {"tif": 8, "flags": 256}]),
    (RejectCode.UNKNOWN_TIF, [NEW | {"kind": 1, "tif": 5}]),
    (RejectCode.UNKNOWN_TIF, [NEW | {"kind": 3, "tif": 5}]),
    *(
        (RejectCode.UNKNOWN_TIF, [NEW | {"kind": kind, "tif": tif}])
        for kind in (2, 3, 4, 5)
        for tif in (6, 7)
    ),
    *(
        (RejectCode.BAD_FLAGS, [NEW | {"flags": flags, "symbol": 9}])
        for flags in (4, 0x50, 0x70, 0xD0, 0x100, 0x200, 0x8000)
    ),
    *((RejectCode.BAD_FLAGS, [NEW | {"flags": 256, "kind": 1, "tif": tif}]) for tif in (1, 4, 6, 7)),
    *((RejectCode.BAD_FLAGS, [NEW | {"flags": 2, "kind": kind}]) for kind in (1, 2, 3, 4, 5)),
    *((RejectCode.BAD_FLAGS, [NEW | {"flags": 8, "kind": kind}]) for kind in (1, 2, 4)),
    *(
        (RejectCode.BAD_FLAGS, [NEW | {"flags": flags, "tif": tif}])
        for flags in (2, 8)
        for tif in (1, 4, 5, 6, 7)
    ),
    *((RejectCode.BAD_FLAGS, [NEW | {"flags": 512, "tif": tif}]) for tif in range(6)),
    *((RejectCode.BAD_FLAGS, [{"op": op, "flags": 1, "qty_lots": -1}]) for op in (Op.TRADE_WINDOW, Op.BUST)),
    *((RejectCode.BAD_QUANTITY, [{"op": Op.TRADE_WINDOW, "qty_lots": n}]) for n in (-1, 2**20 + 1)),
    (RejectCode.BAD_FLAGS, [{"op": Op.INDICATE, "flags": 1, "symbol": 9}]),
    (RejectCode.UNKNOWN_SYMBOL, [{"op": Op.INDICATE, "symbol": 1, "qty_lots": -1}]),
    (RejectCode.UNKNOWN_TRADE, [{"op": Op.BUST, "symbol": 9, "qty_lots": -1}]),
    *((RejectCode.BAD_FLAGS, [NEW | {"flags": 512, "kind": 1, "tif": tif}]) for tif in (6, 7)),
    *(
        (RejectCode.BAD_FLAGS, [STATE | {"side": side, "flags": flags, "symbol": 9}])
        for side, flags in ((0, 1), (0, 4), (1, 1), (1, 5), (2, 4), (2, 5), (2, 0x8000), (3, 1), (255, 4))
    ),
    *((RejectCode.BAD_FLAGS, [named | {"flags": 65535, "symbol": 9}]) for named in (CANCEL, MODIFY, EXECUTE)),
    *((RejectCode.BAD_FLAGS, [named | {"flags": 1, "symbol": 9}]) for named in (CANCEL, EXECUTE)),
    (RejectCode.MISSING_EXTENSION, [MODIFY | {"flags": 1, "qty_lots": 1, "order_id": 77}]),
    *(
        (code, [EXTEND | {field: 1}, MODIFY | {"flags": 1, "qty_lots": 1, "order_id": 77}])
        for code, field in (
            (RejectCode.BAD_DISPLAY, "qty_lots"),
            (RejectCode.BAD_MINIMUM, "participant"),
            (RejectCode.BAD_EXPIRY, "order_id"),
        )
    ),
    *((RejectCode.BAD_FLAGS, [other | {"flags": 1, "symbol": 9}]) for other in (MASS, STATE, STEPS, RULE)),
    (RejectCode.BAD_FLAGS, [CLOCK | {"flags": 2, "order_id": 1}]),
    (RejectCode.UNKNOWN_SYMBOL, [NEW | {"symbol": 1, "qty_lots": 0}]),
    (RejectCode.UNKNOWN_SYMBOL, [EXECUTE | {"symbol": 65535, "qty_lots": 0}]),
    (RejectCode.UNKNOWN_SYMBOL, [MASS | {"symbol": ALL_SYMBOLS - 1}]),
    (RejectCode.UNKNOWN_SYMBOL, [STATE | {"symbol": 1, "side": 3}]),
    (RejectCode.UNKNOWN_STATE, [STATE | {"side": 3}]),
    (RejectCode.UNKNOWN_SYMBOL, [STEPS | {"symbol": 1, "qty_lots": 0}]),
    *((RejectCode.BAD_STEP, [STEPS | {"qty_lots": step}]) for step in (0, -1, 65_536)),
    *((RejectCode.BAD_STEP, [STEPS | {"participant": step}]) for step in (0, 65_536, 2**32 - 1)),
    (RejectCode.UNKNOWN_SYMBOL, [RULE | {"symbol": 1, "kind": 255}]),
    (RejectCode.UNKNOWN_RULE, [RULE | {"kind": 3, "side": 9}]),
    (RejectCode.BAD_RULE, [RULE | {"side": 9}]),
    (RejectCode.BAD_RULE, [RULE | {"kind": 2}]),
    (RejectCode.BAD_RULE, [RULE | {"kind": 2, "side": 2, "qty_lots": 0}]),
    (RejectCode.BAD_RULE, [RULE | {"kind": 1, "participant": 1}]),
    (RejectCode.BAD_RULE, [RULE | {"price_ticks": NO_PRICE}]),
    (RejectCode.BAD_RULE, [RULE | {"order_id": 2**63}]),
    (RejectCode.BAD_TIME, [CLOCK | {"order_id": 49}]),
    (RejectCode.BAD_QUANTITY, [NEW | {"qty_lots": 0, "price_ticks": NO_PRICE}]),
    (RejectCode.BAD_QUANTITY, [NEW | {"qty_lots": -(2**31), "order_id": 1}]),
    (RejectCode.BAD_QUANTITY, [CANCEL | {"qty_lots": -1}]),
    (RejectCode.BAD_QUANTITY, [MODIFY | {"price_ticks": NO_PRICE}]),
    (RejectCode.BAD_QUANTITY, [EXECUTE]),
    *(
        (RejectCode.BAD_PRICE, [NEW | {"kind": kind, "flags": 1, "price_ticks": NO_PRICE}])
        for kind in (0, 3, 5)
    ),
    (RejectCode.BAD_PRICE, [MODIFY | {"qty_lots": 1, "price_ticks": NO_PRICE, "order_id": 77}]),
    (RejectCode.MISSING_EXTENSION, [NEW | {"flags": 1, "order_id": 1}]),
    (RejectCode.MISSING_EXTENSION, [EXTEND, STOP | {"flags": 0}]),
    (RejectCode.MISSING_EXTENSION, [NEW | {"flags": 1, "tif": 3}]),
    (RejectCode.BAD_TRIGGER, [EXTEND | {"price_ticks": NO_PRICE, "qty_lots": 1}, STOP]),
    (RejectCode.BAD_TRIGGER, [EXTEND, STOP | {"kind": 4}]),
    (RejectCode.BAD_TRIGGER, [EXTEND | {"price_ticks": -1}, STOP | {"kind": 5, "price_ticks": 1}]),
    (RejectCode.BAD_TRIGGER, extended({"price_ticks": 1, "qty_lots": -1}, {})),
    (RejectCode.BAD_DISPLAY, extended({"qty_lots": -1, "participant": 9}, {})),
    (RejectCode.BAD_DISPLAY, extended({"qty_lots": 6}, {})),
    (RejectCode.BAD_DISPLAY, extended({"qty_lots": 1}, {"flags": 9})),
    (RejectCode.BAD_DISPLAY, extended({"qty_lots": 1}, {"kind": 1})),
    *((RejectCode.BAD_DISPLAY, extended({"qty_lots": 1}, {"tif": tif})) for tif in (1, 4, 5, 6, 7)),
    *(
        (RejectCode.BAD_DISPLAY, [EXTEND | {"qty_lots": 1, "price_ticks": 1}, STOP | {"kind": kind}])
        for kind in (2, 4)
    ),
    (RejectCode.BAD_MINIMUM, extended({"participant": 6, "order_id": 1}, {})),
    (RejectCode.BAD_MINIMUM, extended({"participant": 2**32 - 1}, {})),
    (RejectCode.BAD_MINIMUM, extended({"participant": 1}, {"flags": 3})),
    *((RejectCode.BAD_MINIMUM, extended({"participant": 1}, {"tif": tif})) for tif in (4, 5, 6, 7)),
    *(
        (
            RejectCode.BAD_MINIMUM,
            [EXTEND | {"participant": 1, "price_ticks": 1}, STOP | {"kind": k, "price_ticks": 9}],
        )
        for k in (2, 3, 4, 5)
    ),
    (RejectCode.BAD_EXPIRY, [NEW | {"tif": 3, "order_id": 1}]),
    (RejectCode.BAD_EXPIRY, extended({"order_id": 50}, {"tif": 3})),
    *((RejectCode.BAD_EXPIRY, extended({"order_id": MAX_ID}, {"tif": tif})) for tif in (0, 1, 2, 4, 5, 6, 7)),
]

BOOK: list[tuple[RejectCode, TradingState, list[Fields]]] = [
    *((RejectCode.DUPLICATE_ID, TradingState.HALT, [NEW | {"order_id": used}]) for used in (1, 3, 4)),
    *(
        (RejectCode.UNKNOWN_ORDER, TradingState.HALT, [x | {"qty_lots": 1, "order_id": 9}])
        for x in (CANCEL, MODIFY)
    ),
    *(
        (RejectCode.UNKNOWN_ORDER, TradingState.OPEN, [EXECUTE | {"qty_lots": 1, "order_id": i}])
        for i in (3, 9)
    ),
    (
        RejectCode.UNKNOWN_ORDER,
        TradingState.OPEN,
        [EXTEND, MODIFY | {"flags": 1, "qty_lots": 1, "order_id": 9}],
    ),
    *(
        (
            RejectCode.BAD_TRIGGER,
            TradingState.HALT,
            [EXTEND | {"price_ticks": ticks}, MODIFY | {"flags": 1, "qty_lots": 9, "order_id": order_id}],
        )
        for order_id, ticks in ((1, 5), (4, 5), (3, NO_PRICE))
    ),
    (RejectCode.HALTED, TradingState.HALT, [NEW | {"flags": 2, "price_ticks": 105}]),
    (RejectCode.HALTED, TradingState.HALT, [EXTEND | {"price_ticks": 1}, STOP]),
    *((RejectCode.HALTED, TradingState.HALT, [NEW | {"tif": tif}]) for tif in (6, 7)),
    (RejectCode.HALTED, TradingState.HALT, [MODIFY | {"qty_lots": 6, "price_ticks": 100}]),
    (RejectCode.HALTED, TradingState.HALT, [MODIFY | {"qty_lots": 5, "price_ticks": 99}]),
    (RejectCode.NOT_IN_AUCTION, TradingState.AUCTION, [NEW | {"kind": 1}]),
    *((RejectCode.NOT_IN_AUCTION, TradingState.AUCTION, [NEW | {"tif": tif}]) for tif in (1, 4, 5)),
    (RejectCode.NOT_IN_AUCTION, TradingState.AUCTION, [NEW | {"flags": 2}]),
    (RejectCode.NOT_IN_AUCTION, TradingState.AUCTION, extended({"participant": 1}, {})),
    *(
        (
            RejectCode.NOT_IN_AUCTION,
            TradingState.AUCTION,
            [MODIFY | {"qty_lots": 9, "price_ticks": 1, "order_id": i}],
        )
        for i in (4, 5)
    ),
    (RejectCode.WOULD_TAKE, TradingState.OPEN, [NEW | {"flags": 2, "price_ticks": 102}]),
    (RejectCode.WOULD_TAKE, TradingState.OPEN, [NEW | {"flags": 2, "side": 1, "price_ticks": 100}]),
    (RejectCode.WOULD_TAKE, TradingState.OPEN, [MODIFY | {"qty_lots": 1, "price_ticks": 102, "order_id": 5}]),
]


def refused(state: TradingState, commands: list[Fields]) -> int:
    """The code of the last command, after it was seen to change nothing and to be told as it was sent."""
    book = ReferenceBook()
    book.apply(np.array(RESTING, COMMAND))
    book.apply(records({"op": Op.STATE, "side": state}))
    before, sequence, sent = book.state_digest(), book.next_sequence, records(*commands)
    (event,) = book.apply(sent)
    last = sent[-1]
    expected = (last["symbol"], last["qty_lots"], last["order_id"], last["op"], last["price_ticks"])
    assert (event["kind"], *event.tolist()[2:]) == (EventKind.REJECTED, *expected)
    assert book.state_digest() == before
    assert book.next_sequence == sequence + 1
    return int(event["detail"])


@pytest.mark.parametrize(("code", "commands"), FORM)
def test_a_malformed_command_names_the_first_broken_rule(code: RejectCode, commands: list[Fields]) -> None:
    assert refused(TradingState.OPEN, commands) == code


@pytest.mark.parametrize(("code", "state", "commands"), BOOK)
def test_a_reject_by_id_state_or_book_names_its_rule(
    code: RejectCode, state: TradingState, commands: list[Fields]
) -> None:
    assert refused(state, commands) == code


@pytest.mark.parametrize(("side", "touch"), [(0, NO_PRICE + 1), (1, 2**63 - 1)])
def test_a_slide_beyond_the_price_range_is_rejected(side: int, touch: int) -> None:
    book = ReferenceBook()
    maker = NEW | {"side": 1 - side, "price_ticks": touch, "order_id": 1}
    events = book.apply(records(maker, NEW | {"side": side, "flags": 6, "price_ticks": touch}))
    assert events["detail"][1] == RejectCode.BAD_PRICE


def test_every_reject_code_is_covered() -> None:
    elsewhere = {
        RejectCode.OFF_STEP_PRICE,
        RejectCode.OFF_STEP_QUANTITY,
        RejectCode.OUTSIDE_BAND,
        RejectCode.ALREADY_BUSTED,
    }
    assert {code for code, *_ in (*FORM, *BOOK)} | elsewhere == set(RejectCode)


def test_format_rules_precede_id_and_state_rules() -> None:
    assert refused(TradingState.HALT, extended({"qty_lots": 9}, {"order_id": 1})) == RejectCode.BAD_DISPLAY
