"""Command and event records: their byte layout and all codes.

All integers are little-endian; both records are 32 bytes, without padding. Prices are integer
ticks (any int64 except `NO_PRICE`), quantities are lots, ids are any uint64. SPECIFICATION.md defines
what commands do, which commands are rejected, and what each event reports.

Command record (`COMMAND`)::

    offset size field
    0      u1   op            Op
    1      u1   side          NEW: Side; MASS_CANCEL: Side or BOTH_SIDES; STATE: TradingState;
                              RULE: by Rule, as the fields below
    2      u1   kind          NEW: OrderKind; RULE: Rule
    3      u1   tif           TimeInForce (NEW only)
    4      u2   symbol        symbol index, 0 in a one-symbol stream; MASS_CANCEL: or ALL_SYMBOLS
    6      u2   flags         NEW: OrderFlag and the self-trade mode; MODIFY: 0 or EXTENDED;
                              STATE: StateFlag; CLOCK: END_OF_DAY; else 0
    8      i4   qty_lots      NEW, MODIFY, EXECUTE: above 0; CANCEL: 0 is all; EXTEND: display_lots;
                              STEPS: the lot step; TRADE_WINDOW: trades
    12     u4   participant   NEW: owner, 0 where unknown; MASS_CANCEL: 0 is any; EXTEND: min_lots;
                              STEPS: the price step
    16     u8   order_id      CLOCK: time_ns; EXTEND: expiry_ns; BUST: trade id; MASS_CANCEL, STATE: not read
    24     i8   price_ticks   NEW limit kinds, MODIFY: the limit; NEW market: NO_PRICE or the worst
                              price; STATE, INDICATE: the reference price or NO_PRICE; EXTEND:
                              trigger or trail; trailing stop-limit: offset of the limit; else not read

Fields that an op does not use may have any value.

Event record (`EVENT`)::

    offset size field
    0      u1   kind          EventKind
    1      u1   detail        by kind: Side, RejectCode, CancelReason, Priority, TradingState
    2      u2   symbol
    4      i4   qty_lots
    8      u8   order_id
    16     u8   other_id      TRADED: the maker's order id; REJECTED: the op as sent;
                              ACCEPTED, TRIGGERED: the placement (`placement_of`);
                              STATE_CHANGED: flags as sent; RULE_SET: `setting_of`; else 0
    24     i8   price_ticks

Fields of each event (details: section 10 of the specification):

================ ================ ============================ ==================================
kind             detail           qty_lots                     price_ticks
================ ================ ============================ ==================================
ACCEPTED         Side             quantity of the new order    its limit, NO_PRICE where none
TRADED           Side (taker's)   quantity traded              the maker's price
                 or CROSS                                      the auction price
CANCELLED        CancelReason     open quantity removed        the order's limit, or NO_PRICE
MODIFIED         Priority         the new open quantity        the new limit
REJECTED         RejectCode       as sent                      as sent
REFILLED         Side             the new shown quantity       the order's limit
TRIGGERED        Side             open quantity                the limit it arrives with
STATE_CHANGED    TradingState     0 (order_id: old state)      the reference price
AUCTION_PRICE    0                volume                       the auction price
MASS_CANCELLED   side as sent     number of orders             0 (order_id: participant)
CLOCK_SET        flags as sent    number of orders expired     0 (order_id: time_ns)
STEPS_SET        0                the lot step                 0 (order_id: the price step)
RULE_SET         Rule             as sent                      as sent
LIMIT_STATE      Side or NO_SIDE  0 (order_id: until, in ns)   the end of the band
TRADE_WINDOW_SET 0                trades that are kept         0
TRADE_BUSTED     as TRADED        the lots of the trade        its price (order_id: the trade id)
INDICATION       Side or NO_SIDE  the volume                   the auction price (order_id: the surplus)
================ ================ ============================ ==================================

The sequence number of an event is its 0-based index in the stream of its engine; a batch has the
number of its first event, as in MoldUDP64 packets.

The *events digest* is the sha256 of the event records of a run, concatenated.
"""

from __future__ import annotations

import hashlib
import struct
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import BatchError

NO_PRICE: Final = -(2**63)
"""The int64 value that is not a price: an order without a limit."""

MIN_PRICE: Final = -(2**63) + 1
MAX_PRICE: Final = 2**63 - 1
"""The least and the greatest int64 that is a price."""

MAX_QTY: Final = 2**31 - 1
MAX_ID: Final = 2**64 - 1
MAX_SYMBOLS: Final = 2**16

BOTH_SIDES: Final = 2
"""MASS_CANCEL: the side value for both sides."""

ALL_SYMBOLS: Final = 2**16 - 1
"""MASS_CANCEL: the symbol value for all symbols."""

NO_SIDE: Final = 2
"""LIMIT_STATE: the detail if the symbol is in no limit state any more."""

CROSS: Final = 2
"""TRADED: the detail of an uncross, where neither order is the taker."""

MAX_STEP: Final = 2**16 - 1
"""STEPS: the greatest price step in ticks and the greatest lot step."""

MAX_STEP_ROWS: Final = 64
"""The greatest number of rows of a symbol's table of steps."""

MAX_KEPT_TRADES: Final = 2**20
"""TRADE_WINDOW: the greatest number of trades."""

END_OF_DAY: Final = 1
"""CLOCK: the flag that expires DAY orders."""

SELF_TRADE_SHIFT: Final = 4
"""The SelfTrade mode is in bits 4 to 6 of an order's flags."""

SELF_TRADE_MASK: Final = 7
"""The bits of a SelfTrade mode."""


class Op(IntEnum):
    """The operation of a command."""

    NEW = 0
    CANCEL = 1
    MODIFY = 2
    EXECUTE = 3
    EXTEND = 4
    MASS_CANCEL = 5
    STATE = 6
    CLOCK = 7
    STEPS = 8
    RULE = 9
    TRADE_WINDOW = 10
    BUST = 11
    INDICATE = 12


class Side(IntEnum):
    """The side of an order."""

    BUY = 0
    SELL = 1


class OrderKind(IntEnum):
    """The pricing of an order, and whether it waits for a trigger."""

    LIMIT = 0
    MARKET = 1
    STOP = 2
    STOP_LIMIT = 3
    TRAILING_STOP = 4
    TRAILING_STOP_LIMIT = 5


class TimeInForce(IntEnum):
    """How long the remainder of an order stays; ON_OPEN and ON_CLOSE are for one auction only."""

    GTC = 0
    IOC = 1
    DAY = 2
    GTD = 3
    FOK = 4
    AON = 5
    ON_OPEN = 6
    ON_CLOSE = 7


class OrderFlag(IntEnum):
    """Single-bit order flags; the self-trade mode uses bits 4 to 6."""

    EXTENDED = 1
    POST_ONLY = 2
    SLIDE = 4
    HIDDEN = 8
    TOTAL = 128
    TO_LIMIT = 256
    IMBALANCE_ONLY = 512


class SelfTrade(IntEnum):
    """Self-trade prevention: what is cancelled instead of a trade between orders of one participant."""

    NONE = 0
    NEWEST = 1
    OLDEST = 2
    BOTH = 3
    DECREMENT = 4


class TradingState(IntEnum):
    """The trading state of a symbol."""

    OPEN = 0
    HALT = 1
    AUCTION = 2


class Rule(IntEnum):
    """A rule of a symbol that a RULE command sets."""

    BAND = 0
    STEPS_FROM = 1
    MATCHING = 2


class BandMode(IntEnum):
    """What a price band does with a limit outside it."""

    NONE = 0
    REJECT = 1
    PAUSE = 2


class Matching(IntEnum):
    """How a taker trades with the displayed orders of a level."""

    TIME = 0
    PRO_RATA = 1


class RuleState(IntEnum):
    """What a snapshot has of a symbol besides its rules."""

    TIMER = 128
    TOP_ORDER = 129


class StateFlag(IntEnum):
    """Flags of STATE: the auction that begins is the closing one; a halt uncrosses the book first."""

    CLOSING = 1
    UNCROSS = 4


class Queue(IntEnum):
    """The queue of an open order."""

    DISPLAYED = 0
    HIDDEN = 1
    CONDITIONAL = 2
    WAITING = 3
    ON_OPEN = 4
    ON_CLOSE = 5


class EventKind(IntEnum):
    """The kind of an event."""

    ACCEPTED = 1
    TRADED = 2
    CANCELLED = 3
    MODIFIED = 4
    REJECTED = 5
    REFILLED = 6
    TRIGGERED = 7
    STATE_CHANGED = 8
    AUCTION_PRICE = 9
    MASS_CANCELLED = 10
    CLOCK_SET = 11
    STEPS_SET = 12
    RULE_SET = 13
    LIMIT_STATE = 14
    TRADE_WINDOW_SET = 15
    TRADE_BUSTED = 16
    INDICATION = 17


class CancelReason(IntEnum):
    """Why lots of an order were cancelled."""

    REQUESTED = 0
    IMMEDIATE = 1
    FILL_OR_KILL = 2
    MINIMUM = 3
    SELF_TRADE = 4
    EXPIRED = 5
    MASS = 6
    BAND = 7
    AUCTION = 8


class Priority(IntEnum):
    """Whether a modified order kept its position in the queue."""

    LOST = 0
    KEPT = 1


class RejectCode(IntEnum):
    """Why a command was rejected; section 3 of the specification has the order of the checks."""

    UNKNOWN_OP = 1
    UNKNOWN_SIDE = 2
    UNKNOWN_KIND = 3
    UNKNOWN_TIF = 4
    BAD_FLAGS = 5
    UNKNOWN_SYMBOL = 6
    BAD_QUANTITY = 7
    BAD_PRICE = 8
    DUPLICATE_ID = 9
    UNKNOWN_ORDER = 10
    MISSING_EXTENSION = 11
    BAD_TRIGGER = 12
    BAD_DISPLAY = 13
    BAD_MINIMUM = 14
    BAD_EXPIRY = 15
    WOULD_TAKE = 16
    HALTED = 17
    NOT_IN_AUCTION = 18
    UNKNOWN_STATE = 19
    BAD_TIME = 20
    BAD_STEP = 21
    OFF_STEP_PRICE = 22
    OFF_STEP_QUANTITY = 23
    UNKNOWN_RULE = 24
    BAD_RULE = 25
    OUTSIDE_BAND = 26
    UNKNOWN_TRADE = 27
    ALREADY_BUSTED = 28


COMMAND: Final = np.dtype(
    [
        ("op", "u1"),
        ("side", "u1"),
        ("kind", "u1"),
        ("tif", "u1"),
        ("symbol", "<u2"),
        ("flags", "<u2"),
        ("qty_lots", "<i4"),
        ("participant", "<u4"),
        ("order_id", "<u8"),
        ("price_ticks", "<i8"),
    ]
)
EVENT: Final = np.dtype(
    [
        ("kind", "u1"),
        ("detail", "u1"),
        ("symbol", "<u2"),
        ("qty_lots", "<i4"),
        ("order_id", "<u8"),
        ("other_id", "<u8"),
        ("price_ticks", "<i8"),
    ]
)

COMMAND_RECORD: Final = struct.Struct("<BBBBHHiIQq")
"""`COMMAND` as a struct format, with the fields in the same order."""

EVENT_RECORD: Final = struct.Struct("<BBHiQQq")
"""`EVENT` as a struct format, with the fields in the same order."""

Commands = NDArray[np.void]
"""A one-dimensional C-contiguous array of `COMMAND` records."""

Events = NDArray[np.void]
"""A one-dimensional C-contiguous array of `EVENT` records."""


def placement_of(queue: int, display_lots: int, imbalance_only: bool = False) -> int:
    """The other_id of ACCEPTED and TRIGGERED: Queue, IMBALANCE_ONLY in bit 8, display_lots in bits 32-63."""
    return queue | imbalance_only << 8 | display_lots << 32


def setting_of(participant: int, side: int) -> int:
    """The other_id of RULE_SET: participant in bits 0-31, side in bits 32-39, both as sent."""
    return participant | side << 32


def check_commands(commands: Commands) -> None:
    """Require a one-dimensional C-contiguous array of `COMMAND` records.

    Raises:
        BatchError: names the wrong property.
    """
    if not isinstance(commands, np.ndarray):
        raise BatchError(f"commands are a {type(commands).__name__}, not a NumPy array of COMMAND records")
    if commands.dtype != COMMAND:
        raise BatchError(f"commands have dtype {commands.dtype}, not messages.COMMAND")
    if commands.ndim != 1:
        raise BatchError(f"commands have {commands.ndim} dimensions, not 1")
    if not commands.flags.c_contiguous:
        raise BatchError("commands are not contiguous; use np.ascontiguousarray")


def records_digest(*batches: NDArray[Any]) -> str:
    """The sha256, in lower-case hex, of the concatenated bytes of the batches."""
    digest = hashlib.sha256()
    for batch in batches:
        digest.update(np.ascontiguousarray(batch).view(np.uint8).data)
    return digest.hexdigest()
