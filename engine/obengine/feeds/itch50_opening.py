"""The orders that are open at a time of an ITCH 5.0 day, as add messages."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from obengine.feeds.itch50_layout import LENGTHS

_HEAD: Final = struct.Struct(">sHHHI")
_ADD: Final = struct.Struct(">QsI8sI")
_REDUCE: Final = struct.Struct(">QI")
_REPLACE: Final = struct.Struct(">QQII")
_REF: Final = struct.Struct(">Q")
_LENGTH: Final = struct.Struct(">H")
_ADDS, _REDUCES = frozenset(b"AF"), frozenset(b"ECX")


class OpeningBook:
    """Open orders in the order in which they arrived; a replaced order arrives again."""

    def __init__(self) -> None:
        self._orders: dict[int, tuple[int, bytes, int, bytes, int, bytes]] = {}

    def apply(self, code: int, data: bytes, at: int) -> None:
        """Apply the message of a type at an offset; other messages than those of orders have no effect."""
        body = at + _HEAD.size
        if code in _ADDS:
            ref, side, shares, stock, price = _ADD.unpack_from(data, body)
            locate = int.from_bytes(data[at + 1 : at + 3], "big")
            attribution = data[body + _ADD.size : body + _ADD.size + 4] if code == ord("F") else b""
            self._orders.pop(ref, None)
            self._orders[ref] = (locate, side, shares, stock, price, attribution)
        elif code in _REDUCES:
            ref, shares = _REDUCE.unpack_from(data, body)
            if (order := self._orders.get(ref)) is not None:
                left = order[2] - shares
                if left > 0:
                    self._orders[ref] = (*order[:2], left, *order[3:])
                else:
                    del self._orders[ref]
        elif code == ord("D"):
            self._orders.pop(_REF.unpack_from(data, body)[0], None)
        elif code == ord("U"):
            ref, new_ref, shares, price = _REPLACE.unpack_from(data, body)
            if (order := self._orders.pop(ref, None)) is not None:
                self._orders[new_ref] = (*order[:2], shares, order[3], price, order[5])

    def messages(self, time_ns: int) -> Iterator[bytes]:
        """A frame with an add message of this time for each open order."""
        for ref, (locate, side, shares, stock, price, attribution) in self._orders.items():
            code = "F" if attribution else "A"
            head = _HEAD.pack(code.encode(), locate, 0, time_ns >> 32, time_ns & 0xFFFF_FFFF)
            body = _ADD.pack(ref, side, shares, stock, price)
            yield _LENGTH.pack(LENGTHS[code]) + head + body + attribution
