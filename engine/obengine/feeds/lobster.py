"""LOBSTER message and orderbook files to commands, with the touch after each row.

Format: the read-me of LOBSTER's sample files (lobsterdata.com), 2013, and files as they are delivered since.
A message row is time in seconds after midnight, type, order id, size, price in dollars x 10,000, direction
(1 buy, -1 sell, of the resting order), and in newer files the market participant (`null` for nobody). The
orderbook row of the same number is the book after the message: ask price, ask size, bid price, bid size, by
level. Types 5 (hidden execution), 6 (cross trade) and 7 (halt) have order id 0 or -1 and change no resting
order.

Times have at most nine decimals. More are accepted only as rounding errors of binary floating point
(`integer_csv.MAX_RESIDUE_PS`); such a time is rounded to the nanosecond, and its row has the cause
`time-rounded`. Other times are rejected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import FeedError
from obengine.api.messages import NO_PRICE, Commands, Side
from obengine.cores import REFERENCE, require_core
from obengine.feeds.files import DataFile
from obengine.feeds.integer_csv import FastReader, IntegerCsv, Rows
from obengine.feeds.level_frames import Frame, check_count, level_names
from obengine.feeds.lobster_checks import check_book_rows, check_message_rows
from obengine.feeds.lobster_files import LobsterPair, open_lobster, open_lobster_days
from obengine.feeds.lobster_name import LobsterName, parse_name
from obengine.feeds.lobster_participants import ParticipantNumbers
from obengine.feeds.lobster_window import Cause, Message, Queues, Window, WindowBlock
from obengine.feeds.order_conflicts import ConflictKind, OrderConflict, order_conflicts
from obengine.feeds.trades import NO_SIDE, TRADE, Trades

MAX_ROWS: Final = 20_000_000

_FIELDS: Final = 6


@dataclass(frozen=True, slots=True)
class LobsterDay:
    """A LOBSTER day as commands.

    Attributes:
        name: base name of the message file.
        label: the symbol, and the date if the name has one.
        participants: the market participant of each participant number, from 1 on; empty if the file has no
            participants.
        level_count: number of levels of the orderbook file.
        commands: keep a book in step with the window.
        row_end: for each row, the number of commands up to its end.
        messages: the rows of the message file: nanoseconds after midnight, type, order id, size, price,
            direction, participant number; shape (rows, 7).
        book_rows: the rows of the orderbook file, shape (rows, 4 x levels).
        causes: for each row, `Cause` bits.
        queues: how messages fit the tracked queues.
        sources: the files that were read.
        order_conflicts: rows that contradict earlier rows about the same order, in order.
    """

    name: str
    label: LobsterName
    participants: tuple[str, ...]
    level_count: int
    commands: Commands
    row_end: NDArray[np.int64]
    messages: Rows
    book_rows: Rows
    causes: NDArray[np.uint16]
    queues: Queues
    sources: tuple[DataFile, ...]
    order_conflicts: tuple[OrderConflict, ...]

    @property
    def times_ns(self) -> NDArray[np.int64]:
        """For each row, nanoseconds after midnight."""
        return self.messages[:, 0]

    @property
    def touches(self) -> NDArray[np.int64]:
        """For each row, the best ask price and size, and the best bid price and size, of the file."""
        return self.book_rows[:, :4]

    def command_times_ns(self) -> NDArray[np.int64]:
        """For each command, the time of its row."""
        rows = np.searchsorted(self.row_end, np.arange(self.commands.size), side="right")
        return self.times_ns[np.minimum(rows, self.times_ns.size - 1)]

    def trades(self) -> Trades:
        """Executions of visible and hidden orders, and cross trades, in the order of the file.

        The file has no number of a match; an id of 0 or -1 is no order.
        """
        kind = self.messages[:, 1]
        rows = self.messages[(kind >= Message.EXECUTE) & (kind <= Message.CROSS)]
        made = np.zeros(len(rows), dtype=TRADE)
        made["time_ns"], made["price_ticks"], made["qty_lots"] = rows[:, 0], rows[:, 4], rows[:, 3]
        made["order_id"] = np.maximum(rows[:, 2], 0)
        made["kind"] = rows[:, 1] - Message.EXECUTE
        made["side"] = np.where(rows[:, 5] == 1, Side.BUY, Side.SELL)
        made["side"][rows[:, 1] == Message.CROSS] = NO_SIDE
        made["printable"] = 1
        return made

    def levels(self, count: int) -> Frame:
        """The best `count` levels after each row, from the orderbook file.

        Columns: `time_ns` and those of `level_frames.level_names`; `NO_PRICE` and 0 lots for no level.

        Raises:
            WorkloadError: the file has fewer levels.
        """
        check_count(count, self.level_count)
        frame: Frame = {"time_ns": self.times_ns.copy()}
        for name in level_names(count):
            side, what, number = name.split("_")
            column = 4 * (int(number) - 1) + (2 if side == "bid" else 0)
            lots = self.book_rows[:, column + 1]
            values = lots if what == "lots" else np.where(lots > 0, self.book_rows[:, column], NO_PRICE)
            frame[name] = np.ascontiguousarray(values)
        return frame

    def cause_counts(self) -> dict[str, int]:
        """Number of rows by cause; a row may have several causes."""
        return {
            cause.name.lower().replace("_", "-"): int(np.count_nonzero(self.causes & cause))
            for cause in Cause
        }


def read_lobster(path: str | Path, *, core: str = REFERENCE) -> LobsterDay:
    """Read the only day of an archive, a folder, or a message file with its orderbook file.

    Args:
        path: the file or folder.
        core: the decoder, `reference` or `native`; both give the same result.

    Raises:
        FeedError: a file is missing or malformed; the error has file, line, column and value. A damaged
            archive is reported as such, even if its rows are invalid too.
        CoreUnavailable: the core is not in this installation.
    """
    decoder = _decoder_of(core)
    with open_lobster(Path(path)) as pair:
        return _compile_verified(pair, decoder)


def read_lobster_days(
    path: str | Path, *, days: Sequence[str] = (), symbols: Sequence[str] = (), core: str = REFERENCE
) -> tuple[LobsterDay, ...]:
    """Read the days of a folder, an archive, or a message file, in order of date and symbol.

    Args:
        path: the folder or file.
        days: the dates to read, as `YYYY-MM-DD`; empty for all.
        symbols: the symbols to read; empty for all.
        core: as for `read_lobster`.

    Raises:
        FeedError: as `read_lobster`; also if there is no such day or symbol.
        CoreUnavailable: the core is not in this installation.
    """
    decoder = _decoder_of(core)
    found: list[LobsterDay] = []
    with open_lobster_days(Path(path)) as opened:
        selected = opened.select(days, symbols)
        for message in selected.messages:
            with selected.open(message) as pair:
                found.append(_compile_verified(pair, decoder))
    return tuple(found)


def read_pair(pair: LobsterPair, *, core: str = REFERENCE) -> LobsterDay:
    """Read open streams; raises as `read_lobster`."""
    return _compile(pair, _decoder_of(core))


class _WindowFollower(Protocol):
    """A window that applies validated rows block by block."""

    @property
    def queues(self) -> Queues: ...

    def follow(self, messages: Rows, books: Rows) -> WindowBlock: ...


@dataclass(frozen=True, slots=True)
class _Decoder:
    """The window class and the fast CSV reader of a core; without the latter, the strict reader is used."""

    window: Callable[[int], _WindowFollower]
    fast_reader: FastReader | None


def _decoder_of(core: str) -> _Decoder:
    require_core(core)
    if core == REFERENCE:
        return _Decoder(Window, None)
    from obengine.feeds.lobster_native import NativeWindow, parse_integers

    return _Decoder(NativeWindow, parse_integers)


def _compile_verified(pair: LobsterPair, decoder: _Decoder) -> LobsterDay:
    """Read a day; a damaged archive is reported as such, even if its rows are invalid too."""
    try:
        return _compile(pair, decoder)
    except FeedError:
        pair.verify_checksums()
        raise


def _compile(pair: LobsterPair, decoder: _Decoder) -> LobsterDay:
    source = IntegerCsv(
        pair.messages,
        file=pair.messages_name,
        columns=(_FIELDS, _FIELDS + 1),
        seconds_first=True,
        label_column=_FIELDS + 1,
        fast_reader=decoder.fast_reader,
    )
    window: _WindowFollower | None = None
    levels = 0
    window_blocks: list[WindowBlock] = []
    message_blocks: list[Rows] = []
    book_blocks: list[Rows] = []
    participants = ParticipantNumbers()
    for fields, books in _blocks(source, pair, decoder.fast_reader):
        if window is None:
            levels = books.shape[1] // 4
            window = decoder.window(levels)
        messages = participants.number_rows(fields)
        window_blocks.append(window.follow(messages, books))
        message_blocks.append(messages)
        book_blocks.append(books)
    if window is None:
        raise FeedError("the file is empty", file=pair.messages_name, line=None, column=None, value=None)
    commands, row_end, causes = map(np.concatenate, zip(*window_blocks, strict=True))
    day = np.concatenate(message_blocks)
    found = order_conflicts(day[:, :_FIELDS])
    marks = (
        (Cause.CONTRADICTS_ORDER, [each.line for each in found]),
        (Cause.DUPLICATE_ID, [each.line for each in found if each.conflict is ConflictKind.DUPLICATE]),
        (Cause.TIME_ROUNDED, source.rounded_lines),
    )
    for cause, lines in marks:
        causes[np.array(lines, dtype=np.int64) - 1] |= np.uint16(cause)
    return LobsterDay(
        name=pair.name,
        label=parse_name(pair.name),
        participants=participants.names,
        level_count=levels,
        commands=commands,
        row_end=row_end,
        messages=day,
        book_rows=np.concatenate(book_blocks),
        causes=causes,
        queues=window.queues,
        sources=pair.sources,
        order_conflicts=found,
    )


def _blocks(
    messages: IntegerCsv, pair: LobsterPair, fast_reader: FastReader | None
) -> Iterator[tuple[Rows, Rows]]:
    """Validated blocks of both files, with the same rows.

    Raises:
        FeedError: a malformed row, or different numbers of rows.
    """
    books = IntegerCsv(pair.orderbook, file=pair.orderbook_name, fast_reader=fast_reader)
    sources = (messages.blocks(), books.blocks())
    left: list[Rows | None] = [None, None]
    line, last_ns = 1, 0
    while True:
        for which, source in enumerate(sources):
            if left[which] is None:
                left[which] = next(source, None)
        block, book = left
        if block is None or book is None:
            break
        rows = min(len(block), len(book))
        last_ns = check_message_rows(block[:rows], line, last_ns, messages)
        check_book_rows(book[:rows], line, books)
        yield block[:rows], book[:rows]
        line += rows
        left = [each[rows:] if len(each) > rows else None for each in (block, book)]
        if line > MAX_ROWS:
            raise FeedError(
                f"more than {MAX_ROWS:,} rows", file=messages.file, line=line, column=None, value=None
            )
    for over, longer, shorter in ((left[0], messages, books), (left[1], books, messages)):
        if over is not None:
            raise FeedError(
                f"more rows than {shorter.file}",
                file=longer.file,
                line=line,
                column=None,
                value=",".join(map(str, over[0].tolist())),
            )
