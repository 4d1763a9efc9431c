"""Commands in, events out: the byte layout of both, and every code in them.

All integers are little-endian; both records are 32 bytes, without padding. Prices are integer
ticks (any int64 but `NO_PRICE`), quantities are lots, ids are any uint64.

Command record (`COMMAND`)::

    offset size field
    0      u1   op            Op
    1      u1   side          Side (of the order; ignored by CANCEL and MODIFY)
    2      u1   kind          OrderKind (NEW only)
    3      u1   tif           TimeInForce (NEW only)
    4      u2   symbol        symbol index, 0 in a one-symbol stream
    6      u2   flags         reserved, 0
    8      i4   qty_lots      NEW: quantity; MODIFY: the new open quantity; CANCEL: 0 (whole order)
    12     u4   participant   owner, 0 where unknown
    16     u8   order_id
    24     i8   price_ticks   NEW limit, MODIFY: the limit; else NO_PRICE or 0

Event record (`EVENT`)::

    offset size field
    0      u1   kind          EventKind
    1      u1   detail        by kind: Side, RejectCode, CancelReason or Priority
    2      u2   symbol
    4      i4   qty_lots
    8      u8   order_id
    16     u8   other_id      TRADED: the maker's order id; REJECTED: the Op that was refused; else 0
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

An accepted limit order that is neither traded away nor cancelled in the same command rests with
what is left. The sequence number of an event is its index in the stream of its engine, counted
from 0: a batch carries the number of its first event, as MoldUDP64 packets do.

The *events digest* is the sha256 of the event records of a run, concatenated.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

NO_PRICE: Final = -(2**63)
"""The one int64 that is not a price: an order without a limit."""

MAX_QTY: Final = 2**31 - 1
MAX_ID: Final = 2**64 - 1


class Op(IntEnum):
    """What a command asks for."""

    NEW = 0
    CANCEL = 1
    MODIFY = 2


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

Commands = NDArray[np.void]
"""A one-dimensional C-contiguous array of `COMMAND` records."""

Events = NDArray[np.void]
"""A one-dimensional C-contiguous array of `EVENT` records."""


def records_digest(*batches: NDArray[Any]) -> str:
    """The sha256, in lower-case hex, of the batches' bytes one after another."""
    digest = hashlib.sha256()
    for batch in batches:
        digest.update(np.ascontiguousarray(batch).view(np.uint8).data)
    return digest.hexdigest()
