"""NASDAQ TotalView-ITCH 5.0 files to commands: many symbols, one book each.

A file is a sequence of frames: a two-byte length and a message. Some files have lengths of 0; then the
length follows from the message type, otherwise it must equal that of the type. Frames are located one
after another; everything else works on whole columns.

Each order message becomes at most two commands:

==== ======================== ==========================================================
type message                  commands
==== ======================== ==========================================================
A F  add (attributed)         NEW GTC; the participant is the number of the attribution in
                              order of first appearance, 0 without one
E C  executed (with price)    EXECUTE of the resting order, at the order's own price
X    cancel                   CANCEL of the shares
D    delete                   CANCEL of the remaining shares
U    replace                  CANCEL of the old order, NEW with the side and owner of the old one
==== ======================== ==========================================================

First, the trading state of each symbol is set to AUCTION, so that orders rest without matching: the feed
reports every execution itself, and its books may be crossed.

Other messages do not change resting orders; they are counted. A replace of an unknown order gives only
the CANCEL, because the side of the new order is unknown.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import FeedError
from obengine.api.messages import COMMAND, MAX_QTY, NO_PRICE, Commands, Op, Side, TradingState
from obengine.cores import REFERENCE, require_core
from obengine.feeds.files import DataFile
from obengine.feeds.itch50_frames import (
    PREFIX,
    Frames,
    UnpackedFile,
    find_frames,
    frame_error,
    gather,
    read_unpacked,
)
from obengine.feeds.itch50_layout import HEAD, LAYOUTS, LENGTHS, NAMES
from obengine.feeds.itch50_origins import ADDS, REDUCING, OrderOrigins
from obengine.feeds.itch50_stream import WHOLE_FILE, ItchSelection, select_messages
from obengine.feeds.level_frames import Frame, levels_of_commands

if TYPE_CHECKING:
    from obengine.native.itch import ItchDayColumns

Int64s = NDArray[np.int64]
Records = NDArray[Any]

_SYSTEM_EVENT: Final = LENGTHS["S"]

STDIN: Final = Path("-")
STDIN_NAME: Final = "stdin"
"""The name of the standard input as a source."""


@dataclass(frozen=True, slots=True)
class Halt:
    """A change of a symbol's trading state: `H` halted, `P` paused, `Q` quotation only, `T` trading."""

    time_ns: int
    symbol: int
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class ItchDay:
    """An ITCH file as commands.

    Attributes:
        name: base name of the file.
        symbols: the stock of each symbol index.
        attributions: the market participant of each participant number, from 1 on.
        commands: keep the books in step with the file; they start with the state of each symbol.
        times_ns: for each command, nanoseconds since midnight; states have the time of the first message.
        frames: for each command, the 1-based number of its message; 0 for states.
        counts: number of messages by name, without zeros.
        halts: changes of trading state, in order.
        unknown_orders: number of messages about orders that the file never introduced.
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
        return _states(len(self.symbols), TradingState.OPEN)


def read_itch50(path: Path, *, core: str = REFERENCE, selection: ItchSelection = WHOLE_FILE) -> ItchDay:
    """Read an ITCH 5.0 file, uncompressed or gzip.

    Args:
        path: the file. A pipe is read as a stream, `-` is the standard input.
        selection: the symbols and the time of day that are kept; the rest is checked, but takes no memory.
        core: the decoder, `reference` or `native`; both give the same result. Files that the native decoder
            rejects are read again by the reference decoder, so the errors are the same.

    Raises:
        FeedError: a truncated frame, unknown type, wrong length, decreasing time or invalid field; the error
            names the frame and the value.
        CoreUnavailable: the core is not in this installation.
    """
    require_core(core)
    unpacked = read_unpacked(path) if selection.whole and path.is_file() else read_selected(path, selection)
    if core != REFERENCE:
        from obengine.native.itch import read_day_columns

        columns = read_day_columns(unpacked.data)
        if columns is not None:
            return _day_of(columns, unpacked, path.name)
    return _read_frames(find_frames(unpacked, str(path)), path.name)


def _read_frames(frames: Frames, name: str) -> ItchDay:
    kinds = {code: frames.of(code) for code in LAYOUTS}
    records = {code: frames.records(rows, LAYOUTS[code]) for code, rows in kinds.items()}
    symbols, symbol_of = index_symbols(frames, records, (*ADDS, *REDUCING))
    attributions, owners = _attributions(records["F"])
    blocks = [_adds(frames, code, kinds[code], records[code], owners) for code in ADDS]
    origins_of = OrderOrigins(kinds, records, blocks)
    blocks += [_reductions(code, records[code]) for code in REDUCING]
    places = [kinds[code] * 2 for code in (*ADDS, *REDUCING)]
    replaced = origins_of.replacing >= 0
    blocks.append(_replacements(frames, kinds["U"], records["U"], origins_of)[replaced])
    places.append(kinds["U"][replaced] * 2 + 1)
    place = np.concatenate(places)
    order = np.argsort(place, kind="stable")
    rows = place[order] // 2
    commands = np.concatenate(blocks)[order]
    commands["symbol"] = symbol_of[frames.heads()["locate"][rows]]
    states = _states(len(symbols))
    before = np.zeros(states.size, dtype=np.int64)
    return ItchDay(
        name=name,
        symbols=symbols,
        attributions=attributions,
        commands=np.concatenate((states, commands)),
        times_ns=frames.times_ns[np.concatenate((before, rows))],
        frames=np.concatenate((before, frames.numbers[rows])),
        counts={name: n for code, name in NAMES.items() if (n := frames.of(code).size)},
        halts=_halts(records["H"], symbol_of),
        unknown_orders=origins_of.count_unknown(),
        source=frames.source,
        start_of_messages=_is_system_event(frames.data[: _SYSTEM_EVENT + PREFIX], b"O"),
        end_of_messages=_is_system_event(frames.data[-_SYSTEM_EVENT - PREFIX :], b"C"),
    )


def _day_of(columns: ItchDayColumns, unpacked: UnpackedFile, name: str) -> ItchDay:
    """The day of the columns read by the native core."""
    data = np.frombuffer(unpacked.data, dtype=np.uint8)
    codes = {code: LAYOUTS[code] for code in ("R", *ADDS)}
    symbols = tuple(
        next((name for name in _stocks(data, places, codes) if name), f"locate-{locate}")
        for locate, *places in columns.stock_mentions
    )
    symbol_of = np.zeros(1 << 16, dtype=np.int64)
    symbol_of[[locate for locate, *_ in columns.stock_mentions]] = np.arange(len(symbols))
    states = _states(len(symbols))
    before = np.zeros(states.size, dtype=np.int64)
    first_ns = gather(data, np.array([2]), HEAD)
    start = (first_ns["time_high"].astype(np.int64) << 32) | first_ns["time_low"].astype(np.int64)
    return ItchDay(
        name=name,
        symbols=symbols,
        attributions=tuple(each.decode("ascii", "replace").strip() for each in columns.attributions),
        commands=np.concatenate((states, columns.commands)),
        times_ns=np.concatenate((before + start, columns.times_ns)),
        frames=np.concatenate((before, _numbered(columns.frames, unpacked))),
        counts={name: n for code, name in NAMES.items() if (n := columns.counts[ord(code)])},
        halts=_halts(gather(data, columns.halts, LAYOUTS["H"]), symbol_of),
        unknown_orders=columns.unknown_orders,
        source=unpacked.source,
        start_of_messages=_is_system_event(data[: _SYSTEM_EVENT + PREFIX], b"O"),
        end_of_messages=_is_system_event(data[-_SYSTEM_EVENT - PREFIX :], b"C"),
    )


def _numbered(frames: Int64s, unpacked: UnpackedFile) -> Int64s:
    """The numbers that frames, counted from 1, have in the file."""
    return frames if unpacked.numbers is None else unpacked.numbers[frames - 1]


def read_selected(path: Path, selection: ItchSelection) -> UnpackedFile:
    """Read a part of a file, or a pipe.

    Raises:
        FeedError: as `select_messages`; also if nothing is chosen, or the file cannot be read.
    """
    name, base = ("standard input", STDIN_NAME) if path == STDIN else (str(path), path.name)
    try:
        with sys.stdin.buffer if path == STDIN else path.open("rb", buffering=0) as stream:
            found = select_messages(
                cast("BinaryIO", stream),
                name=name,
                base=base,
                selection=selection,
            )
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}"
        raise FeedError(reason, file=name, line=None, column=None, value=None) from error
    if not found.chosen:
        reason = f"nothing is chosen of {found.read:,} messages"
        raise FeedError(reason, file=name, line=None, column=None, value=None)
    return UnpackedFile(found.data, found.source, found.numbers)


def _stocks(
    data: NDArray[np.uint8], places: Sequence[int], codes: Mapping[str, np.dtype[Any]]
) -> Iterator[str]:
    """The stock names in the first messages that mention a stock; an offset of -1 is no message."""
    for at, layout in zip(places, codes.values(), strict=True):
        if at >= 0:
            yield gather(data, np.array([at]), layout)["stock"][0].decode("ascii", "replace").strip()


def add_commands(
    frames: Frames, kinds: Mapping[str, Int64s], records: Mapping[str, Records]
) -> list[Commands]:
    """The commands of the add messages, type by type; the symbol is not set."""
    _, owners = _attributions(records["F"])
    return [_adds(frames, code, kinds[code], records[code], owners) for code in ADDS]


def index_symbols(
    frames: Frames, records: Mapping[str, Records], codes_used: Sequence[str]
) -> tuple[tuple[str, ...], Int64s]:
    """The stocks that have messages of some types, by locate code, and the index of each locate code."""
    heads = frames.heads()
    used = np.zeros(1 << 16, dtype=bool)
    for code in codes_used:
        used[heads["locate"][frames.of(code)]] = True
    names = dict.fromkeys(np.flatnonzero(used).tolist(), "")
    for code in ("R", *ADDS):
        codes, first = np.unique(records[code]["locate"], return_index=True)
        stocks = records[code]["stock"][first]
        for locate, stock in zip(codes.tolist(), stocks.tolist(), strict=True):
            if names.get(locate) == "":
                names[locate] = stock.decode("ascii", "replace").strip()
    index = np.zeros(1 << 16, dtype=np.int64)
    index[list(names)] = np.arange(len(names))
    return tuple(name or f"locate-{locate}" for locate, name in names.items()), index


def _is_system_event(frame: NDArray[np.uint8], event: bytes) -> bool:
    """Whether a frame is that of a system event."""
    text = frame.tobytes()
    lengths = {bytes(PREFIX), _SYSTEM_EVENT.to_bytes(PREFIX, "big")}
    return text[:PREFIX] in lengths and text[PREFIX : PREFIX + 1] == b"S" and text[-1:] == event


def _states(symbols: int, state: TradingState = TradingState.AUCTION) -> Commands:
    """The commands that set the state of every symbol."""
    states = np.zeros(symbols, dtype=COMMAND)
    states["op"], states["side"] = Op.STATE, state
    states["symbol"] = np.arange(symbols)
    states["price_ticks"] = NO_PRICE
    return states


def _attributions(attributed: Records) -> tuple[tuple[str, ...], Int64s]:
    """Market participants in order of first appearance, and the 1-based number for each message."""
    names, first, inverse = np.unique(attributed["attribution"], return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.arange(1, order.size + 1)
    return tuple(n.decode("ascii", "replace").strip() for n in names[order].tolist()), rank[inverse]


def _adds(frames: Frames, code: str, rows: Int64s, added: Records, owners: Int64s) -> Commands:
    block = np.zeros(added.size, dtype=COMMAND)
    bad = np.flatnonzero((added["side"] != b"B") & (added["side"] != b"S"))
    if bad.size:
        raise frame_error("side must be B or S", frames, rows[bad[0]], added["side"][bad[0]])
    _check_shares(frames, rows, added)
    block["op"] = Op.NEW
    block["side"] = np.where(added["side"] == b"B", Side.BUY, Side.SELL)
    block["qty_lots"] = added["shares"]
    block["order_id"] = added["ref"]
    block["price_ticks"] = added["price"]
    if code == "F":
        block["participant"] = owners
    return block


def _reductions(code: str, records: Records) -> Commands:
    block = np.zeros(records.size, dtype=COMMAND)
    block["op"] = Op.EXECUTE if code in {"E", "C"} else Op.CANCEL
    block["order_id"] = records["ref"]
    block["price_ticks"] = NO_PRICE
    if code in {"E", "C", "X"}:
        block["qty_lots"] = np.minimum(records["shares"], MAX_QTY)
    return block


def _replacements(frames: Frames, rows: Int64s, records: Records, origins_of: OrderOrigins) -> Commands:
    _check_shares(frames, rows, records)
    block = np.zeros(records.size, dtype=COMMAND)
    if origins_of.origins.size:
        origin = origins_of.origins[np.maximum(origins_of.replacing, 0)]
        block["side"], block["participant"] = origin["side"], origin["participant"]
    block["op"] = Op.NEW
    block["qty_lots"] = records["shares"]
    block["order_id"] = records["new_ref"]
    block["price_ticks"] = records["price"]
    return block


def _check_shares(frames: Frames, rows: Int64s, records: Records) -> None:
    bad = np.flatnonzero((records["shares"] == 0) | (records["shares"] > MAX_QTY))
    if bad.size:
        value = str(int(records["shares"][bad[0]])).encode()
        raise frame_error("invalid number of shares", frames, rows[bad[0]], value)


def _halts(actions: Records, symbol_of: Int64s) -> tuple[Halt, ...]:
    times = (actions["time_high"].astype(np.int64) << 32) | actions["time_low"].astype(np.int64)
    return tuple(
        Halt(time_ns, int(symbol_of[row["locate"]]), row["state"].decode(), row["reason"].decode().strip())
        for time_ns, row in zip(times.tolist(), actions, strict=True)
    )
