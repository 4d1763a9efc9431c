"""NASDAQ TotalView-ITCH 5.0 files to commands: many symbols, one book each.

A file is a sequence of frames: a two-byte length and a message. Some files have lengths of 0; then the
length follows from the message type, otherwise it must equal that of the type. `itch50_decoder` has the
commands of each message type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import FeedError
from obengine.api.messages import COMMAND, NO_PRICE, Commands, Op, TradingState
from obengine.cores import REFERENCE, require_core
from obengine.feeds.files import DataFile
from obengine.feeds.itch50_blocks import STDIN, STDIN_NAME, ItchBytes, file_name, open_bytes
from obengine.feeds.itch50_decoder import ReferenceDecoder
from obengine.feeds.itch50_parts import (
    Halt,
    ItchDecoder,
    ItchFacts,
    ItchPart,
    join_parts,
)
from obengine.feeds.itch50_stream import WHOLE_FILE, ItchSelection, MessageSelector
from obengine.feeds.level_frames import Frame, levels_of_commands
from obengine.feeds.trades import Trades

Int64s = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ItchDay:
    """An ITCH file as commands.

    Attributes:
        name: base name of the file.
        symbols: the stock of each symbol index.
        attributions: the market participant of each participant number, from 1 on.
        commands: keep the books in step with the file; the state of each symbol comes before its first order.
        times_ns: for each command, nanoseconds since midnight.
        frames: for each command, the 1-based number of its message; 0 for states.
        trades: executions of visible and hidden orders, and crosses.
        counts: number of messages by name, without zeros.
        halts: changes of trading state, in order.
        unknown_orders: number of messages about orders that were not open.
        source: the file that was read.
        start_of_messages, end_of_messages: whether the first and the last message are the system events that
            start and end a whole day.
    """

    name: str
    symbols: tuple[str, ...]
    attributions: tuple[str, ...]
    commands: Commands
    times_ns: Int64s
    frames: Int64s
    trades: Trades
    counts: Mapping[str, int]
    halts: tuple[Halt, ...]
    unknown_orders: int
    source: DataFile
    start_of_messages: bool
    end_of_messages: bool

    def levels(self, count: int, *, symbol: int | str = 0) -> Frame:
        """The best `count` levels of a symbol, by index or name, after each change of its book.

        Columns: `time_ns` and those of `level_frames.level_names`; `NO_PRICE` and 0 lots for no level.

        Raises:
            WorkloadError: there is no such symbol, or `count` is out of range.
        """
        return levels_of_commands(self.commands, self.times_ns, self.symbols, symbol, count)

    def open_symbols(self) -> Commands:
        """Commands that set every symbol to OPEN, so that orders can trade with the book of the file.

        The file's own executions are in its commands; apply these after them.
        """
        states = np.zeros(len(self.symbols), dtype=COMMAND)
        states["op"], states["side"] = Op.STATE, TradingState.OPEN
        states["symbol"] = np.arange(states.size)
        states["price_ticks"] = NO_PRICE
        return states


class ItchReader:
    """Reads an ITCH 5.0 file once, part by part; memory holds one part and the open orders.

    Args:
        path: the file, uncompressed or gzip; a pipe; or `-` for the standard input.
        core: the decoder, `reference` or `native`; both give the same parts, facts and errors.
        selection: the symbols and the time of day that are kept; the rest is checked.

    Raises:
        CoreUnavailable: the core is not in this installation.
    """

    def __init__(self, path: Path, *, core: str, selection: ItchSelection = WHOLE_FILE) -> None:
        require_core(core)
        self._path = path
        self._decoder = _make_decoder(core, file_name(path))
        self._selector = None if selection.whole else MessageSelector(file_name(path), selection)
        self._source: DataFile | None = None

    def __iter__(self) -> Iterator[ItchPart]:
        """The parts, once.

        Raises:
            FeedError: the file cannot be read, or is invalid; the error names the message and the value.
        """
        name = file_name(self._path)
        base = STDIN_NAME if self._path == STDIN else self._path.name
        stream = open_bytes(self._path)
        try:
            unpacked = ItchBytes(stream, name=name, base=base)
            if self._selector is None:
                yield from self._decode_blocks(unpacked)
            else:
                for chunk in self._selector.chunks(unpacked):
                    yield self._decoder.decode(chunk.data, chunk.numbers)[1]
            self._source = unpacked.source()
        finally:
            if self._path != STDIN:
                stream.close()

    def facts(self) -> ItchFacts:
        """What is known after the last part."""
        facts, selector = self._decoder.facts(), self._selector
        if selector is None:
            return facts
        # The opening book is decoded after the messages before it, also after the last one of the file.
        return replace(facts, end_of_messages=selector.ends_the_day, only_opening=selector.only_opening)

    def source(self) -> DataFile:
        """The file, after the last part."""
        if self._source is None:
            raise RuntimeError("the file was not read to its end")
        return self._source

    def _decode_blocks(self, unpacked: ItchBytes) -> Iterator[ItchPart]:
        rest = b""
        for block in unpacked:
            data = rest + block if rest else block
            read, part = self._decoder.decode(data)
            rest = data[read:]
            yield part
        if rest:
            shown = rest[:16].decode("ascii", "backslashreplace")
            raise FeedError(
                "truncated frame",
                file=unpacked.name,
                line=self._decoder.messages + 1,
                column=None,
                value=shown,
            )
        if not self._decoder.messages:
            raise FeedError("the file is empty", file=unpacked.name, line=None, column=None, value=None)


def read_itch50(path: str | Path, *, core: str = REFERENCE, selection: ItchSelection = WHOLE_FILE) -> ItchDay:
    """Read an ITCH 5.0 file, uncompressed or gzip.

    Args:
        path: the file. A pipe is read as a stream, `-` is the standard input.
        selection: the symbols and the time of day that are kept; the rest is checked, but takes no memory.
        core: the decoder, `reference` or `native`; both give the same result.

    Raises:
        FeedError: a truncated frame, unknown type, wrong length, decreasing time or invalid field; the error
            names the frame and the value.
        CoreUnavailable: the core is not in this installation.
    """
    reader = ItchReader(Path(path), core=core, selection=selection)
    return day_of(reader, list(reader))


def day_of(reader: ItchReader, parts: list[ItchPart]) -> ItchDay:
    """The day of all parts of a reader."""
    facts, whole, source = reader.facts(), join_parts(parts), reader.source()
    whole.trades["broken"] = np.isin(whole.trades["match"], facts.broken) & (whole.trades["match"] != 0)
    return ItchDay(
        name=source.name,
        symbols=facts.symbols,
        attributions=facts.attributions,
        commands=whole.commands,
        times_ns=whole.times_ns,
        frames=whole.frames,
        trades=whole.trades,
        counts=facts.counts,
        halts=facts.halts,
        unknown_orders=facts.unknown_orders,
        source=source,
        start_of_messages=facts.start_of_messages,
        end_of_messages=facts.end_of_messages,
    )


def _make_decoder(core: str, name: str) -> ItchDecoder:
    if core == REFERENCE:
        return ReferenceDecoder(name)
    from obengine.feeds.itch50_native import NativeItchDecoder

    return NativeItchDecoder(name)
