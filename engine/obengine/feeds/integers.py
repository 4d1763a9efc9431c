"""A strict, fast reader of CSV files of integers: blocks of rows out, or the place of what is wrong."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from obengine.errors import FeedError

Rows = NDArray[np.int64]
"""A block of rows, shape (rows, columns)."""

MAX_COLUMNS: Final = 800
MAX_DIGITS: Final = 18
"""Numbers of more digits are refused, so that every number fits an int64."""

NANOS: Final = 10**9

_BLOCK: Final = 1 << 20
_MAX_LINE: Final = 1 << 15
_COMMA, _NEWLINE, _DOT, _MINUS, _ZERO = b",\n.-0"
_SHOWN: Final = 80


class IntegerCsv:
    """A stream of lines of integers, read once, in blocks of about a mebibyte.

    Args:
        stream: the open file.
        file: its name for error messages.
        columns: how many fields each line has; None takes it from the first line.
        seconds_first: the first field is seconds with up to nine decimals and becomes nanoseconds.
    """

    def __init__(
        self, stream: BinaryIO, *, file: str, columns: int | None = None, seconds_first: bool = False
    ) -> None:
        self.file = file
        self.columns = columns
        self._stream = stream
        self._seconds_first = seconds_first
        self._line = 1

    def blocks(self) -> Iterator[Rows]:
        """All rows, in blocks.

        Raises:
            FeedError: a line has the wrong number of fields, a field is not a number, or the file
                cannot be read.
        """
        rest = b""
        while chunk := self._read():
            whole, newline, rest = (rest + chunk).rpartition(b"\n")
            if len(rest) > _MAX_LINE:
                line = self._line + whole.count(b"\n") + len(newline)
                raise self._error("a line without an end", line, None, rest)
            if newline:
                yield self._parse(whole + newline)
        if rest:
            yield self._parse(rest + b"\n")

    def _read(self) -> bytes:
        try:
            return self._stream.read(_BLOCK)
        except (OSError, EOFError, zlib.error, BadZipFile) as error:
            raise self._error("cannot be read", self._line, None, str(error).encode()) from error

    def _parse(self, text: bytes) -> Rows:
        text = text.replace(b"\r\n", b"\n")
        columns = self.columns = self.columns or self._infer_columns(text)
        data = np.frombuffer(text, dtype=np.uint8)
        ends = np.flatnonzero((data == _COMMA) | (data == _NEWLINE))
        closes = data[ends] == _NEWLINE
        if (
            ends.size % columns
            or not closes[columns - 1 :: columns].all()
            or closes.sum() * columns != ends.size
        ):
            raise self._miscounted(text, columns)
        starts = np.concatenate(([0], ends[:-1] + 1))
        values, bad = signed(data, starts, ends)
        if self._seconds_first:
            seconds = nanoseconds(data, starts[::columns], ends[::columns])
            values[::columns], bad[::columns] = seconds
        if bad.any():
            at = int(np.flatnonzero(bad)[0])
            field = text[starts[at] : ends[at]]
            raise self._error("not a number", self._line + at // columns, at % columns + 1, field)
        rows = values.reshape(-1, columns)
        self._line += len(rows)
        return rows

    def _infer_columns(self, text: bytes) -> int:
        columns = text.partition(b"\n")[0].count(b",") + 1
        if columns > MAX_COLUMNS:
            raise self._error(f"{columns} fields, more than {MAX_COLUMNS}", self._line, None, text)
        return columns

    def _miscounted(self, text: bytes, columns: int) -> FeedError:
        lines = text.split(b"\n")
        at = next(k for k, line in enumerate(lines) if line.count(b",") != columns - 1)
        found = lines[at].count(b",") + 1
        return self._error(f"{found} fields instead of {columns}", self._line + at, None, lines[at])

    def _error(self, reason: str, line: int, column: int | None, value: bytes) -> FeedError:
        shown = value[:_SHOWN].decode("ascii", "backslashreplace")
        return FeedError(reason, file=self.file, line=line, column=column, value=shown)


def signed(
    data: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The integers written in `data[start:end]`, and which of them are not integers."""
    minus = data[starts] == _MINUS
    values, bad = _unsigned(data, starts + minus, ends)
    np.negative(values, out=values, where=minus)
    return values, bad


def nanoseconds(
    data: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Seconds with decimals as nanoseconds, and which of them are not such.

    Decimals beyond the ninth are rounded half up: files that passed through binary floating point
    have a few times such as `43002.632812672004`.
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
    nanos = (fraction + beyond // 2) // beyond * scale
    return np.where(bad, 0, whole * NANOS + np.where(has_dot, nanos, 0)), bad


def _unsigned(
    data: NDArray[np.uint8], starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    lengths = ends - starts
    bad = (lengths < 1) | (lengths > MAX_DIGITS)
    values = np.zeros(starts.size, dtype=np.int64)
    longest = int(lengths[~bad].max(initial=0))
    for place in range(longest):
        digit = data[np.maximum(ends - 1 - place, 0)] - np.uint8(_ZERO)
        inside = place < lengths
        bad |= inside & (digit > 9)
        values += np.where(inside, digit, 0).astype(np.int64) * np.int64(10**place)
    values[bad] = 0
    return values, bad
