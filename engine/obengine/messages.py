"""Commands in, events out: the byte layout of both, and every code in them.

All integers are little-endian; both records are 32 bytes, without padding. Prices are integer
ticks (any int64 but `NO_PRICE`), quantities are lots, ids are any uint64.

Command record (`COMMAND`)::

    offset size field
    0      u1   op            Op
    1      u1   side          Side (NEW only)
    2      u1   kind          OrderKind (NEW only)
    3      u1   tif           TimeInForce (NEW only)
    4      u2   symbol        symbol index, 0 in a one-symbol stream
    6      u2   flags         reserved, 0 for every op
    8      i4   qty_lots      see below
    12     u4   participant   owner, 0 where unknown (NEW only)
    16     u8   order_id
    24     i8   price_ticks   NEW limit, MODIFY: the limit; NEW market: NO_PRICE; else not read

What a command asks for. Fields that are marked with an op above are not read, and so may hold
anything, in a command of another op:

======= ================================= =====================================================
op      qty_lots                          what is done, event by event
======= ================================= =====================================================
NEW     > 0: the quantity                 ACCEPTED, then TRADED for each maker met, best price
                                          first and oldest first, then CANCELLED (IMMEDIATE) for
                                          what is left of an IOC or market order, even all of it
CANCEL  0: the whole order;               CANCELLED (REQUESTED) with what was removed, at most
        n > 0: n lots of it               the open quantity; the rest keeps its place in the queue
MODIFY  > 0: the new open quantity        MODIFIED. Same price and no increase: in place (KEPT).
                                          Else the order leaves its place (LOST), takes side and
                                          owner along, and arrives like a new GTC limit order:
                                          TRADED for each maker met, what is left rests last
EXECUTE > 0: the quantity                 TRADED: a *recorded* execution of the named resting
                                          order, wherever it stands in the book, at its own price,
                                          for at most its open quantity; order_id is 0, detail is
                                          the side opposite to the order's
======= ================================= =====================================================

A command that is refused gives one REJECTED event and changes nothing. The codes are checked in
the order of their numbers, and the first that applies is reported:

============== =================================================================================
UNKNOWN_OP     no such Op
UNKNOWN_SIDE   NEW: no such Side
UNKNOWN_KIND   NEW: no such OrderKind
UNKNOWN_TIF    NEW: no such TimeInForce (also for a market order, which never rests either way)
BAD_FLAGS      flags is not 0
UNKNOWN_SYMBOL symbol is not below the engine's number of symbols
BAD_QUANTITY   qty_lots is negative, or is 0 where the op is not CANCEL
BAD_PRICE      NEW limit, MODIFY: price_ticks is NO_PRICE; NEW market: price_ticks is not NO_PRICE
DUPLICATE_ID   NEW: the symbol has an open order of this id
UNKNOWN_ORDER  CANCEL, MODIFY, EXECUTE: the symbol has no open order of this id
============== =================================================================================

Symbols do not see each other: each has its own book and its own ids, so a stream that is split by
symbol gives the same events per symbol. An id is free again as soon as its order is gone.

Event record (`EVENT`)::

    offset size field
    0      u1   kind          EventKind
    1      u1   detail        by kind: Side, RejectCode, CancelReason or Priority
    2      u2   symbol
    4      i4   qty_lots
    8      u8   order_id
    16     u8   other_id      TRADED: the maker's order id; REJECTED: the op as sent; else 0
    24     i8   price_ticks

What each event says:

========= ================ ================================ =====================================
kind      detail           qty_lots                         price_ticks
========= ================ ================================ =====================================
ACCEPTED  Side             quantity of the new order        its limit, NO_PRICE for a market order
TRADED    Side (taker's)   quantity traded                  the maker's price
CANCELLED CancelReason     open quantity that was removed   the order's limit (NO_PRICE: market)
MODIFIED  Priority         the new open quantity            the new limit
REJECTED  RejectCode       as sent                          as sent
========= ================ ================================ =====================================

In a TRADED event order_id is the taker's. `symbol` is the command's in every event, and order_id
is the command's in every event but that of EXECUTE. An order that is neither traded away nor
cancelled in its command rests with what is left. The sequence number of an event is its index in
the stream of its engine, counted from 0: a batch carries the number of its first event, as
MoldUDP64 packets do.

The *events digest* is the sha256 of the event records of a run, concatenated.
"""

from __future__ import annotations

import hashlib
import struct
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from obengine.errors import BatchError

NO_PRICE: Final = -(2**63)
"""The one int64 that is not a price: an order without a limit."""

MAX_QTY: Final = 2**31 - 1
MAX_ID: Final = 2**64 - 1
MAX_SYMBOLS: Final = 2**16


class Op(IntEnum):
    """What a command asks for."""

    NEW = 0
    CANCEL = 1
    MODIFY = 2
    EXECUTE = 3


class Side(IntEnum):
    """The side of an order."""

    BUY = 0
    SELL = 1


class OrderKind(IntEnum):
    """How an order is priced."""

    LIMIT = 0
    MARKET = 1


class TimeInForce(IntEnum):
    """How long what is left of an order stays. A market order never rests."""

    GTC = 0
    IOC = 1


class EventKind(IntEnum):
    """What happened."""

    ACCEPTED = 1
    TRADED = 2
    CANCELLED = 3
    MODIFIED = 4
    REJECTED = 5


class CancelReason(IntEnum):
    """Why an order left the book without a trade."""

    REQUESTED = 0
    IMMEDIATE = 1


class Priority(IntEnum):
    """What a modify did to the order's place in its queue."""

    LOST = 0
    KEPT = 1


class RejectCode(IntEnum):
    """Why a command was refused; checked in this order, the first that applies is reported."""

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
"""`COMMAND` for the struct module, its fields in the same order."""

EVENT_RECORD: Final = struct.Struct("<BBHiQQq")
"""`EVENT` for the struct module, its fields in the same order."""

Commands = NDArray[np.void]
"""A one-dimensional C-contiguous array of `COMMAND` records."""

Events = NDArray[np.void]
"""A one-dimensional C-contiguous array of `EVENT` records."""


def check_commands(commands: Commands) -> None:
    """Refuse anything but a one-dimensional C-contiguous array of `COMMAND` records.

    Raises:
        BatchError: says which of the properties is wrong.
    """
    if not isinstance(commands, np.ndarray):
        raise BatchError(f"commands are a {type(commands).__name__}, not a NumPy array of COMMAND records")
    if commands.dtype != COMMAND:
        raise BatchError(f"commands have dtype {commands.dtype}, not messages.COMMAND")
    if commands.ndim != 1:
        raise BatchError(f"commands have {commands.ndim} dimensions, not 1")
    if not commands.flags.c_contiguous:
        raise BatchError("commands are not contiguous; np.ascontiguousarray makes them so")


def records_digest(*batches: NDArray[Any]) -> str:
    """The sha256, in lower-case hex, of the batches' bytes one after another."""
    digest = hashlib.sha256()
    for batch in batches:
        digest.update(np.ascontiguousarray(batch).view(np.uint8).data)
    return digest.hexdigest()
