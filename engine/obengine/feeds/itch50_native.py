"""ITCH 5.0 decoding by the native core: the parts and facts of a file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from obengine._native import ItchStream
from obengine.api.errors import FeedError
from obengine.api.messages import COMMAND
from obengine.feeds.itch50_decoder import ReferenceDecoder
from obengine.feeds.itch50_layout import NAMES
from obengine.feeds.itch50_parts import (
    OPEN_ORDER,
    ItchFacts,
    ItchPart,
    halts_of,
    text_of,
)
from obengine.feeds.trades import TRADE
from obengine.native.open_orders import OPEN_CELL


class NativeItchDecoder:
    """The decoder of the native core; implements `ItchDecoder` and releases the GIL.

    Args:
        name: the file, for errors.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._stream = ItchStream()

    @property
    def messages(self) -> int:
        """The number of messages so far."""
        return self._stream.place[0]

    def decode(self, data: bytes, numbers: NDArray[np.int64] | None = None) -> tuple[int, ItchPart]:
        """Decode whole frames; see `ItchDecoder`."""
        before, last_ns = self._stream.place
        read, valid, commands, times_ns, frames, trades = self._stream.read(np.frombuffer(data, np.uint8))
        if not valid:
            # The specification says which frame is wrong, and why.
            ReferenceDecoder(self._name, messages=before, last_ns=last_ns).decode(data, numbers)
            raise FeedError("a frame is invalid", file=self._name, line=None, column=None, value=None)
        places = frames.view(np.int64)
        if numbers is not None:
            places = np.where(places > 0, numbers[np.maximum(places - before, 1) - 1], 0)
        return read, ItchPart(commands.view(COMMAND), times_ns.view(np.int64), places, trades.view(TRADE))

    def facts(self) -> ItchFacts:
        """What is known after the messages so far."""
        stream = self._stream
        counts, (first, last) = stream.counts, stream.events
        symbols = {locate: symbol for symbol, locate in enumerate(stream.locates)}
        cells = stream.open_orders().view(OPEN_CELL)
        left_open = np.zeros(cells.size, OPEN_ORDER)
        for field in OPEN_ORDER.names or ():
            left_open[field] = cells[field]
        left_open.sort(order=["symbol", "order_id"])
        stocks = map(text_of, stream.stocks)
        return ItchFacts(
            symbols=tuple(stock or f"locate-{locate}" for stock, locate in zip(stocks, symbols, strict=True)),
            attributions=tuple(text_of(each.to_bytes(4, "little")) for each in stream.attributions),
            counts={name: n for code, name in NAMES.items() if (n := counts[ord(code)])},
            halts=halts_of(
                [
                    (time, locate, text_of(state), text_of(reason))
                    for time, locate, state, reason in stream.halts
                ],
                symbols,
            ),
            unknown_orders=stream.unknown_orders,
            broken=stream.broken().view(np.uint64),
            left_open=left_open,
            start_of_messages=first == ord("O"),
            end_of_messages=last == ord("C"),
        )
