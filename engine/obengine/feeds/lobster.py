"""LOBSTER message and orderbook files to commands, with the touch after each row.

Format: the read-me of LOBSTER's sample files (lobsterdata.com), 2013. A message row is time in
seconds after midnight, type, order id, size, price in dollars x 10,000, direction (1 buy, -1 sell,
of the resting order). The orderbook row of the same number is the book after the message: ask price,
ask size, bid price, bid size, level by level. Type 6 (cross trade), which newer files have, changes
no resting order.

Times have at most nine decimals. More are accepted only as rounding errors of binary floating point
(`integer_csv.MAX_RESIDUE_PS`); such a time is rounded to the nanosecond, and its row has the cause
`time-rounded`. Other times are rejected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import FeedError
from obengine.api.messages import Commands
from obengine.cores import REFERENCE, require_core
from obengine.feeds.files import DataFile, LobsterPair, open_lobster
from obengine.feeds.integer_csv import FastReader, IntegerCsv, Rows
from obengine.feeds.lobster_checks import check_book_rows, check_message_rows
from obengine.feeds.lobster_window import Cause, Queues, Window, WindowBlock
from obengine.feeds.order_conflicts import ConflictKind, OrderConflict, order_conflicts

MAX_ROWS: Final = 20_000_000


@dataclass(frozen=True, slots=True)
class LobsterDay:
    """A LOBSTER day as commands.

    Attributes:
        name: base name of the message file.
        levels: number of levels of the orderbook file.
        commands: keep a book in step with the window.
        row_end: for each row, the number of commands up to its end.
        times_ns: for each row, nanoseconds after midnight.
        touches: for each row, best ask price and size, best bid price and size of the file, shape (rows, 4).
        causes: for each row, `Cause` bits.
        queues: how messages fit the tracked queues.
        sources: the files that were read.
        order_conflicts: rows that contradict earlier rows about the same order, in order.
    """

    name: str
    levels: int
    commands: Commands
    row_end: NDArray[np.int64]
    times_ns: NDArray[np.int64]
    touches: NDArray[np.int64]
    causes: NDArray[np.uint16]
    queues: Queues
    sources: tuple[DataFile, ...]
    order_conflicts: tuple[OrderConflict, ...]

    def command_times_ns(self) -> NDArray[np.int64]:
        """For each command, the time of its row."""
        rows = np.searchsorted(self.row_end, np.arange(self.commands.size), side="right")
        return self.times_ns[np.minimum(rows, self.times_ns.size - 1)]

    def cause_counts(self) -> dict[str, int]:
        """Number of rows by cause; a row may have several causes."""
        return {
            cause.name.lower().replace("_", "-"): int(np.count_nonzero(self.causes & cause))
            for cause in Cause
        }


def read_lobster(path: Path, *, core: str = REFERENCE) -> LobsterDay:
    """Read a zip archive, a folder, or a message file with its orderbook file in the same folder.

    Args:
        path: the file or folder.
        core: the decoder, `reference` or `native`; both give the same result.

    Raises:
        FeedError: a file is missing or malformed; the error has file, line, column and value. A damaged
            archive is reported as such, even if its rows are invalid too.
        CoreUnavailable: the core is not in this installation.
    """
    decoder = _decoder_of(core)
    with open_lobster(path) as pair:
        try:
            return _compile(pair, decoder)
        except FeedError:
            pair.verify_checksums()
            raise


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


def _compile(pair: LobsterPair, decoder: _Decoder) -> LobsterDay:
    source = IntegerCsv(
        pair.messages, file=pair.messages_name, columns=6, seconds_first=True, fast_reader=decoder.fast_reader
    )
    window: _WindowFollower | None = None
    levels = 0
    window_blocks: list[WindowBlock] = []
    message_blocks: list[Rows] = []
    touches: list[NDArray[np.int64]] = []
    for messages, books in _blocks(source, pair, decoder.fast_reader):
        if window is None:
            levels = books.shape[1] // 4
            window = decoder.window(levels)
        window_blocks.append(window.follow(messages, books))
        message_blocks.append(messages)
        touches.append(books[:, :4].copy())
    if window is None:
        raise FeedError("the file is empty", file=pair.messages_name, line=None, column=None, value=None)
    commands, row_end, causes = map(np.concatenate, zip(*window_blocks, strict=True))
    day = np.concatenate(message_blocks)
    found = order_conflicts(day)
    marks = (
        (Cause.CONTRADICTS_ORDER, [each.line for each in found]),
        (Cause.DUPLICATE_ID, [each.line for each in found if each.conflict is ConflictKind.DUPLICATE]),
        (Cause.TIME_ROUNDED, source.rounded_lines),
    )
    for cause, lines in marks:
        causes[np.array(lines, dtype=np.int64) - 1] |= np.uint16(cause)
    return LobsterDay(
        name=pair.name,
        levels=levels,
        commands=commands,
        row_end=row_end,
        times_ns=day[:, 0].copy(),
        touches=np.concatenate(touches),
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
