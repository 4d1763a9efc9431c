"""The messages of NASDAQ TotalView-ITCH 5.0: lengths, and the fields used here.

Source: NASDAQ TotalView-ITCH 5.0 specification (nasdaqtrader.com, version of 2023, with the direct
listing message O). Integers are big-endian; a time is 6 bytes of nanoseconds since midnight; prices
have four decimals.
"""

from __future__ import annotations

from typing import Final

import numpy as np

PREFIX: Final = 2
"""The number of bytes before each message: its length, big-endian."""

DAY_NS: Final = 86_400 * 10**9
"""Times are below this."""

LENGTHS: Final = {
    "S": 12,
    "R": 39,
    "H": 25,
    "Y": 20,
    "L": 26,
    "V": 35,
    "W": 12,
    "K": 28,
    "J": 35,
    "h": 21,
    "A": 36,
    "F": 40,
    "E": 31,
    "C": 36,
    "X": 23,
    "D": 19,
    "U": 35,
    "P": 44,
    "Q": 40,
    "B": 19,
    "I": 50,
    "N": 20,
    "O": 48,
}
"""The length in bytes of each message type, including the type byte."""

NAMES: Final = {
    "S": "system-event",
    "R": "stock-directory",
    "H": "trading-action",
    "Y": "reg-sho",
    "L": "participant-position",
    "V": "mwcb-levels",
    "W": "mwcb-status",
    "K": "ipo-quoting-period",
    "J": "luld-collar",
    "h": "operational-halt",
    "A": "add",
    "F": "add-attributed",
    "E": "executed",
    "C": "executed-with-price",
    "X": "cancel",
    "D": "delete",
    "U": "replace",
    "P": "trade",
    "Q": "cross-trade",
    "B": "broken-trade",
    "I": "imbalance",
    "N": "retail-interest",
    "O": "direct-listing",
}

_HEAD: Final = [
    ("type", "S1"),
    ("locate", ">u2"),
    ("tracking", ">u2"),
    ("time_high", ">u2"),
    ("time_low", ">u4"),
]

ADD: Final = np.dtype(
    [*_HEAD, ("ref", ">u8"), ("side", "S1"), ("shares", ">u4"), ("stock", "S8"), ("price", ">u4")]
)
ATTRIBUTED: Final = np.dtype([*ADD.descr, ("attribution", "S4")])
EXECUTED: Final = np.dtype([*_HEAD, ("ref", ">u8"), ("shares", ">u4"), ("match", ">u8")])
EXECUTED_WITH_PRICE: Final = np.dtype([*EXECUTED.descr, ("printable", "S1"), ("price", ">u4")])
CANCEL: Final = np.dtype([*_HEAD, ("ref", ">u8"), ("shares", ">u4")])
DELETE: Final = np.dtype([*_HEAD, ("ref", ">u8")])
REPLACE: Final = np.dtype([*_HEAD, ("ref", ">u8"), ("new_ref", ">u8"), ("shares", ">u4"), ("price", ">u4")])
SYSTEM: Final = np.dtype([*_HEAD, ("event", "S1")])
DIRECTORY: Final = np.dtype([*_HEAD, ("stock", "S8"), ("rest", "V20")])
ACTION: Final = np.dtype([*_HEAD, ("stock", "S8"), ("state", "S1"), ("reserved", "V1"), ("reason", "S4")])

LAYOUTS: Final = {
    "A": ADD,
    "F": ATTRIBUTED,
    "E": EXECUTED,
    "C": EXECUTED_WITH_PRICE,
    "X": CANCEL,
    "D": DELETE,
    "U": REPLACE,
    "R": DIRECTORY,
    "H": ACTION,
}
"""The message types whose fields are read."""

TRADE: Final = np.dtype(
    [
        *_HEAD,
        ("ref", ">u8"),
        ("side", "S1"),
        ("shares", ">u4"),
        ("stock", "S8"),
        ("price", ">u4"),
        ("match", ">u8"),
    ]
)
CROSS: Final = np.dtype(
    [*_HEAD, ("shares", ">u8"), ("stock", "S8"), ("price", ">u4"), ("match", ">u8"), ("cross", "S1")]
)
BROKEN: Final = np.dtype([*_HEAD, ("match", ">u8")])

TRADE_LAYOUTS: Final = {"P": TRADE, "Q": CROSS, "B": BROKEN}
"""The message types of trades that change no resting order."""

HEAD: Final = np.dtype(_HEAD)
