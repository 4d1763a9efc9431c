"""JSON documents of any size, read piece by piece with `ijson`; long lists of numbers become arrays.

A file of 100 MB that pytest-benchmark wrote is almost all samples: as Python objects they need 32 bytes each,
in an array 8. Limits keep the memory of hostile documents in bounds.
"""

from __future__ import annotations

import json
import math
import re
from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO, Final, Literal

import ijson  # type: ignore[import-untyped]

from obrelease.errors import IncompleteInput, InvalidInput
from obrelease.importers.json_repair import MAX_TEXT_CHARACTERS, repair_json
from obrelease.importers.text_encoding import decode_chunks, detect_encoding
from obrelease.models.json_values import MAX_DEPTH
from obrelease.storage.limits import Resource, charge, parsing

MAX_PARTS: Final = 4_000_000
"""The most values of a document that are not numbers, and the keys of its objects."""

MAX_NUMBERS: Final = 40_000_000
"""The most numbers of a document."""

MAX_KEPT_TEXT: Final = 128 * 2**20
"""The most characters of all texts of a document."""

MAX_INTEGER_DIGITS: Final = 4_000

_CHUNK_BYTES: Final = 64 * 1024
_REPAIR_BYTES: Final = 1024 * 1024
_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_LONG_LIST: Final = 1_024
_MAX_DUPLICATES: Final = 20
_LOCATED_BYTES: Final = 16 * 2**20

Keep = Literal["first", "last"]


@dataclass(frozen=True, slots=True)
class JsonDocument:
    """A document that was read.

    Attributes:
        value: its value. A list of many numbers is an `array` of doubles.
        duplicates: places of keys that an object has more than once, such as `$.benchmarks[3].name`.
    """

    value: Any
    duplicates: tuple[str, ...]


class _Unusual(Exception):
    """The document is no standard JSON as it is, and is read again after a repair."""


class _CutOff(_Unusual):
    """The document ends within a value."""


def read_stream(open_file: Callable[[], BinaryIO], size: int, where: str, *, keep: Keep) -> JsonDocument:
    """Read one document: fast if it is standard JSON, else a second time with its oddities repaired.

    Args:
        open_file: opens the document from its beginning.
        size: its length in bytes.
        where: its name in errors.
        keep: which value of a key counts that an object has more than once.

    Raises:
        IncompleteInput: the document is cut off; names the value in which it ends.
        InvalidInput: not JSON, or beyond a limit of this module; names the place.
    """
    with parsing(size, where):
        try:
            with open_file() as file:
                return _Builder(where, keep).read(_standard_chunks(file))
        except _Unusual:
            pass
    with parsing(size, where):
        try:
            with open_file() as file:
                return _Builder(where, keep, exact=True).read(_repaired_chunks(file, where))
        except _CutOff as error:
            raise IncompleteInput(
                f"{where}: is cut off: it ends at byte {size:,}, within {error}",
                hint="write it again; its tool may have been stopped, or the disk was full",
            ) from error
        except _Unusual as error:
            raise InvalidInput(f"{where}: {_line_of(open_file, size) or error}") from error


def read_beginning(head: bytes) -> Any:
    """As much of a document as its first bytes hold: objects and lists that are not finished end early."""
    builder = _Builder("", "last", exact=True)
    with suppress(_Unusual, InvalidInput):
        builder.read(repair_json(decode_chunks([head], errors="surrogateescape"), ""))
    return builder.root[0] if builder.root else None


def _standard_chunks(file: BinaryIO) -> Iterator[bytes]:
    """UTF-8 as it is; raises `_Unusual` if the file has another encoding or escapes half a character."""
    head = file.read(_CHUNK_BYTES)
    encoding, mark = detect_encoding(head)
    if encoding != "utf-8":
        raise _Unusual
    chunk, tail = head[mark:], b""
    while chunk:
        if b"\\u" in (both := tail + chunk) and _SURROGATE_ESCAPE.search(both):
            raise _Unusual
        yield chunk
        tail = chunk[-8:]
        chunk = file.read(_CHUNK_BYTES)


def _repaired_chunks(file: BinaryIO, where: str) -> Iterator[bytes]:
    chunks = iter(lambda: file.read(_REPAIR_BYTES), b"")
    return repair_json(decode_chunks(chunks, errors="surrogateescape"), where)


def _line_of(open_file: Callable[[], BinaryIO], size: int) -> str | None:
    """The line and column of a syntax error, by the standard reader; None for large documents."""
    if size > _LOCATED_BYTES:
        return None
    with open_file() as file:
        text = "".join(decode_chunks([file.read()]))
    try:
        json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        return f"line {error.lineno} column {error.colno}: {error.msg}"
    except (RecursionError, ValueError):
        pass
    return None


class _Builder:
    """Makes values of the events of `ijson`; with `exact`, integers and decimals of any size are kept."""

    def __init__(self, where: str, keep: Keep, *, exact: bool = False) -> None:
        self.where, self.keep, self.exact = where, keep, exact
        self.root: list[Any] = []
        self.duplicates: list[str] = []
        self._stack: list[Any] = [self.root]
        self._keys: list[str] = []
        self._mixed = [True]
        self._key_texts: dict[str, str] = {}
        self._parts = self._numbers = self._text = self._silent = 0

    def read(self, chunks: Iterable[bytes]) -> JsonDocument:
        events = ijson.sendable_list()
        parser = ijson.basic_parse_coro(events, use_float=not self.exact)
        at_end = False
        try:
            for chunk in chunks:
                parser.send(chunk)
                self._consume(events, len(chunk))
            at_end = True
            parser.close()
        except ijson.JSONError as error:
            self._consume(events, 0)
            if at_end and len(self._stack) > 1:
                raise _CutOff(self._place().removeprefix(f"{self.where}: ").rstrip(".")) from error
            raise _Unusual(f"{self._place()}: is not JSON: {_reason(error)}") from error
        except (ValueError, SystemError, InvalidOperation) as error:
            raise _Unusual(f"{self._place()}: is not JSON: {_reason(error)}") from error
        self._consume(events, 0)
        if len(self.root) != 1:
            raise _Unusual("holds no JSON value")
        return JsonDocument(self.root[0], tuple(self.duplicates))

    def _consume(self, events: list[tuple[str, Any]], size: int) -> None:
        self._silent = 0 if events else self._silent + size
        if self._silent > MAX_TEXT_CHARACTERS:
            raise InvalidInput(f"{self._place()}: a text has more than {MAX_TEXT_CHARACTERS:,} characters")
        charge(Resource.VALUES, len(events), self.where)
        numbers = 0
        holder = self._stack[-1]
        for event, value in events:
            if event == "number":
                numbers += 1
                self._add_number(holder, value)
            else:
                self._handle(event, value)
                holder = self._stack[-1]
        self._numbers += numbers
        self._parts += len(events) - numbers
        events.clear()
        self._check_limits()
        self._shrink()

    def _check_limits(self) -> None:
        for count, limit, what in (
            (self._parts, MAX_PARTS, "values and keys"),
            (self._numbers, MAX_NUMBERS, "numbers"),
            (self._text, MAX_KEPT_TEXT, "characters"),
        ):
            if count > limit:
                raise InvalidInput(f"{self.where}: more than {limit:,} {what}")

    def _add_number(self, holder: Any, value: Any) -> None:
        number = float(value) if type(value) is Decimal else value
        if type(holder) is dict:
            self._set(holder, number)
        elif type(holder) is array and type(number) is int:
            holder.append(_double(number))
        else:
            holder.append(number)

    def _handle(self, event: str, value: Any) -> None:
        if event == "map_key":
            self._keys[-1] = self._key_texts.setdefault(value, value)
            self._text += len(value)
        elif event == "start_map":
            self._open({})
        elif event == "start_array":
            self._open([])
        elif event in {"end_map", "end_array"}:
            self._shrink()
            self._stack.pop()
            self._keys.pop()
            self._mixed.pop()
        else:
            if event == "string":
                self._text += len(value)
            self._place_value(value)

    def _open(self, value: Any) -> None:
        if len(self._stack) > MAX_DEPTH:
            raise InvalidInput(f"{self._place()}: nested deeper than {MAX_DEPTH}")
        self._place_value(value)
        self._stack.append(value)
        self._keys.append("")
        self._mixed.append(False)

    def _place_value(self, value: Any) -> None:
        holder = self._stack[-1]
        if type(holder) is dict:
            self._set(holder, value)
            return
        self._mixed[-1] = True
        if type(holder) is array:
            holder = self._widened(holder)
        holder.append(value)

    def _set(self, holder: dict[str, Any], value: Any) -> None:
        key = self._keys[-1]
        if key in holder:
            if len(self.duplicates) < _MAX_DUPLICATES:
                self.duplicates.append(self._place())
            if self.keep == "first":
                return
        holder[key] = value

    def _shrink(self) -> None:
        """Turn a long list of numbers, finished or not, into an array of doubles."""
        holder = self._stack[-1]
        if type(holder) is list and len(holder) >= _LONG_LIST and not self._mixed[-1]:
            self._replace(holder, array("d", map(_double, holder)))

    def _widened(self, holder: array[float]) -> list[Any]:
        """The list of an array that goes on with something that is no double."""
        values: list[Any] = holder.tolist()
        self._replace(holder, values)
        return values

    def _replace(self, old: Any, new: Any) -> None:
        parent = self._stack[-2]
        if type(parent) is dict:
            key = self._keys[-2]
            if parent.get(key) is old:
                parent[key] = new
        elif parent and parent[-1] is old:
            parent[-1] = new
        self._stack[-1] = new

    def _place(self) -> str:
        steps = []
        inner = [*self._stack[2:], None][: len(self._keys)]
        for holder, key, child in zip(self._stack[1:], self._keys, inner, strict=True):
            index = len(holder) - (child is not None)
            steps.append(f".{key}" if type(holder) is dict else f"[{index}]")
        return f"{self.where}: ${''.join(steps)}"[:1_000]


def _double(number: float) -> float:
    """The nearest double; an integer beyond its range becomes infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _reason(error: Exception) -> str:
    first = error.args[0] if error.args else ""
    text = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)
    return (text.splitlines() or [type(error).__name__])[0]
