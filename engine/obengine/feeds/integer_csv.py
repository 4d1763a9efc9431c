"""A strict, fast reader of CSV files of integers; errors name the place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import FeedError
from obengine.feeds.files import read_block

Rows = NDArray[np.int64]
"""A block of rows, shape (rows, columns)."""

FastReader = Callable[[bytes, int, bool, bool], Rows | None]
"""Converts text, number of columns, `seconds_first` and whether the last field is a label to rows; None if
the strict reader is needed."""

MAX_COLUMNS: Final = 800
MAX_DIGITS: Final = 18
"""The maximum number of digits, so that every number fits an int64."""

NANOS: Final = 10**9

MAX_RESIDUE_PS: Final = 16
"""The maximum distance of a time from a whole nanosecond, in picoseconds: consecutive doubles for the
seconds of a day differ by 14.6 ps, so a nanosecond time that was stored as a double is within this."""

MAX_LABEL: Final = 8
"""The maximum number of characters of a label, so that they fit an int64, the first one lowest."""

_NULL: Final = int.from_bytes(b"null", "little")
_LABEL_BYTES: Final = np.isin(
    np.arange(256),
    np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", np.uint8),
)

_MAX_LINE: Final = 1 << 15
_COMMA, _NEWLINE, _DOT, _MINUS, _ZERO = b",\n.-0"
_SHOWN: Final = 80

_WORD: Final = 8
_ZEROS: Final = np.uint64(0x3030303030303030)
_ABOVE_NINE: Final = np.uint64(0x7676767676767676)
_HIGH_BITS: Final = np.uint64(0x8080808080808080)
_ALL: Final = np.uint64(0xFFFFFFFFFFFFFFFF)


@dataclass(frozen=True, slots=True)
class _Block:
    """Text of whole lines, and the number of the first line."""

    text: bytes
    line: int


class IntegerCsv:
    """A stream of lines of integers, read once in blocks of about one mebibyte.

    Args:
        stream: the open file.
        file: the name for error messages.
        columns: the numbers of fields that a line may have; the first line decides. Empty allows any.
        seconds_first: the first field is decimal seconds, converted to nanoseconds (`nanoseconds`).
        label_column: the 1-based number of a last field that is a label (`labels`); None without one.
        fast_reader: tried first for each block; None always uses the strict reader.

    Attributes:
        rounded_lines: the lines whose time was not a whole number of nanoseconds.
    """

    def __init__(
        self,
        stream: BinaryIO,
        *,
        file: str,
        columns: Sequence[int] = (),
        seconds_first: bool = False,
        label_column: int | None = None,
        fast_reader: FastReader | None = None,
    ) -> None:
        self.file = file
        self.columns: int | None = None
        self._allowed = tuple(columns)
        self._label_column = label_column
        self._stream = stream
        self._seconds_first = seconds_first
        self._line = 1
        self._fast_reader = fast_reader
        self._block = _Block(b"", 1)
        self.rounded_lines: list[int] = []

    def as_written(self, line: int, column: int) -> str:
        """The text of a field (line and column from 1) of the last block."""
        block = self._block
        fields = block.text.replace(b"\r\n", b"\n").split(b"\n")[line - block.line].split(b",")
        return _printable(fields[column - 1])

    def blocks(self) -> Iterator[Rows]:
        """All rows, in blocks.

        Raises:
            FeedError: wrong number of fields, a field that is not a number, or a read error.
        """
        rest = b""
        while chunk := read_block(self._stream, self.file, self._line):
            whole, newline, rest = (rest + chunk).rpartition(b"\n")
            if len(rest) > _MAX_LINE:
                line = self._line + whole.count(b"\n") + len(newline)
                raise self._error("a line without an end", line, None, rest)
            if newline:
                yield self._parse(whole + newline)
        if rest:
            yield self._parse(rest + b"\n")

    def _parse(self, text: bytes) -> Rows:
        columns = self.columns = self.columns or self._infer_columns(text)
        self._block = _Block(text, self._line)
        rows = None
        if self._fast_reader is not None:
            rows = self._fast_reader(text, columns, self._seconds_first, columns == self._label_column)
        if rows is None:
            rows = self._parse_strictly(text.replace(b"\r\n", b"\n"), columns)
        self._line += len(rows)
        return rows

    def _parse_strictly(self, text: bytes, columns: int) -> Rows:
        data = np.frombuffer(text, dtype=np.uint8)
        ends = np.flatnonzero((data == _COMMA) | (data == _NEWLINE))
        closes = data[ends] == _NEWLINE
        if (
            ends.size % columns
            or not closes[columns - 1 :: columns].all()
            or closes.sum() * columns != ends.size
        ):
            raise self._field_count_error(text, columns)
        starts = np.concatenate(([0], ends[:-1] + 1))
        last = slice(columns - 1, None, columns) if columns == self._label_column else slice(0)
        numbers = np.ones(ends.size, dtype=bool)
        numbers[last] = False
        values, bad = np.zeros(ends.size, dtype=np.int64), np.zeros(ends.size, dtype=bool)
        values[numbers], bad[numbers] = signed(data, starts[numbers], ends[numbers])
        values[last], bad[last] = labels(data, starts[last], ends[last])
        if self._seconds_first:
            values[::columns], bad[::columns], residue_ps = nanoseconds(
                data, starts[::columns], ends[::columns]
            )
            self._take_residues(residue_ps)
        if bad.any():
            at = int(np.argmax(bad))
            column = at % columns + 1
            reason = "not a label" if column == self._label_column else "not a number"
            self._raise_error(reason, self._line + at // columns, column)
        return values.reshape(-1, columns)

    def _take_residues(self, residue_ps: NDArray[np.int64]) -> None:
        finer = np.flatnonzero(residue_ps > MAX_RESIDUE_PS)
        if finer.size:
            self._raise_error("a time finer than nanoseconds", self._line + int(finer[0]), 1)
        self.rounded_lines += (np.flatnonzero(residue_ps) + self._line).tolist()

    def _raise_error(self, reason: str, line: int, column: int) -> NoReturn:
        value = self.as_written(line, column)
        raise FeedError(reason, file=self.file, line=line, column=column, value=value)

    def _infer_columns(self, text: bytes) -> int:
        columns = text.partition(b"\n")[0].count(b",") + 1
        if columns > MAX_COLUMNS:
            raise self._error(f"{columns} fields, more than {MAX_COLUMNS}", self._line, None, text)
        if self._allowed and columns not in self._allowed:
            wanted = " or ".join(map(str, self._allowed))
            raise self._error(
                f"{columns} fields instead of {wanted}", self._line, None, text.partition(b"\n")[0]
            )
        return columns

    def _field_count_error(self, text: bytes, columns: int) -> FeedError:
        lines = text.split(b"\n")
        at = next(k for k, line in enumerate(lines) if line.count(b",") != columns - 1)
        found = lines[at].count(b",") + 1
        return self._error(f"{found} fields instead of {columns}", self._line + at, None, lines[at])

    def _error(self, reason: str, line: int, column: int | None, value: bytes) -> FeedError:
        return FeedError(reason, file=self.file, line=line, column=column, value=_printable(value))


def _printable(value: bytes) -> str:
    return value[:_SHOWN].decode("ascii", "backslashreplace")


def signed(
    data: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The integers in `data[start:end]`, and which of them are invalid."""
    minus = data[starts] == _MINUS
    values, bad = _unsigned(data, starts + minus, ends)
    np.negative(values, out=values, where=minus)
    return values, bad


def labels(
    data: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The labels in `data[start:end]` as integers, the first character lowest, and which of them are invalid.

    A label has at most eight letters, digits, `.`, `_` and `-`. An empty one and `null` are 0.
    """
    lengths = ends - starts
    bad = lengths > MAX_LABEL
    values = np.zeros(starts.size, dtype=np.int64)
    for place in range(int(lengths[~bad].max(initial=0))):
        rows = np.flatnonzero(~bad & (lengths > place))
        characters = data[starts[rows] + place]
        bad[rows[~_LABEL_BYTES[characters]]] = True
        values[rows] |= characters.astype(np.int64) << (8 * place)
    values[bad | (values == _NULL)] = 0
    return values, bad


def nanoseconds(
    data: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.int64]]:
    """Decimal seconds as nanoseconds, which of them are invalid, and the picoseconds rounded away.

    Files that passed through binary floating point contain times such as `43002.632812672004`, 4 ps from the
    intended nanosecond. Fractions of a picosecond are rounded up.
    """
    dots = np.append(np.flatnonzero(data == _DOT), data.size)
    dot = dots[np.searchsorted(dots, starts)]
    has_dot = dot < ends
    whole, bad = _unsigned(data, starts, np.where(has_dot, dot, ends))
    fraction, bad_fraction = _unsigned(data, np.where(has_dot, dot + 1, ends), ends)
    decimals = np.where(has_dot, ends - dot - 1, 0)
    bad |= (has_dot & bad_fraction) | (whole >= NANOS)
    ten = np.int64(10)
    beyond = ten ** np.clip(decimals - 9, 0, MAX_DIGITS - 9)
    scale = ten ** np.clip(9 - decimals, 0, 9)
    whole_nanos = (fraction + beyond // 2) // beyond
    residue = np.where(has_dot & ~bad, np.abs(fraction - whole_nanos * beyond), 0)
    nanos = np.where(has_dot, whole_nanos * scale, 0)
    return np.where(bad, 0, whole * NANOS + nanos), bad, -(-residue * 1000 // beyond)


def _unsigned(
    data: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The numbers in `data[start:end]`, eight digits at a time, and which of them are invalid."""
    lengths = ends - starts
    bad = (lengths < 1) | (lengths > MAX_DIGITS)
    values = np.zeros(starts.size, dtype=np.int64)
    padded = np.concatenate((np.full(_WORD, _ZERO, dtype=np.uint8), data))
    words = np.ndarray(data.size + 1, dtype="<u8", buffer=padded.data, strides=(1,))
    for place in range(0, int(lengths[~bad].max(initial=0)), _WORD):
        rows = np.flatnonzero(~bad & (lengths > place))
        digits = words[ends[rows] - place] ^ _ZEROS
        missing = np.maximum(_WORD - (lengths[rows] - place), 0).astype(np.uint64)
        digits &= _ALL << (missing * np.uint64(8))
        wrong = ((digits + _ABOVE_NINE) | digits) & _HIGH_BITS != 0
        bad[rows[wrong]] = True
        values[rows] += _eight_digits(digits).astype(np.int64) * np.int64(10**place)
    values[bad] = 0
    return values, bad


def _eight_digits(digits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The number of eight digit bytes, the first in the lowest byte: combine pairs, then fours, then all."""
    pairs = (digits * np.uint64(10) + (digits >> np.uint64(8))) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64(100) + (pairs >> np.uint64(16))) & np.uint64(0x0000FFFF0000FFFF)
    return (fours * np.uint64(10_000) + (fours >> np.uint64(32))) & np.uint64(0xFFFFFFFF)
