"""Tables that fit the terminal: columns are left out by importance, long texts continue below."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

from obrelease.cli.console.terminal import cut_text, terminal_width
from obrelease.cli.console.wrapping import wrapped

_GAP: Final = "  "
_NARROWEST_NAME: Final = 16
_NARROWEST_TEXT: Final = 20

Rows = Sequence[Sequence[str]]


def table(
    rows: Rows,
    header: Sequence[str],
    *,
    optional: Sequence[str] = (),
    text: str | None = None,
    width: int | None = None,
) -> str:
    """Plain columns, two spaces apart, as `gh` prints into a pipe; empty text for no rows.

    If the terminal has no room for the columns that are not optional, each row is a block of lines, with a
    name and a value on each.

    Args:
        optional: names of columns that a narrow terminal has no room for, the least important first. A last
            line names those that were left out.
        text: the name of a column of sentences, which continue on the next line where there is no room.
        width: columns of the output; those of the terminal if None. A file or a pipe has no limit.
    """
    if not rows:
        return ""
    limit = terminal_width() if width is None else width
    columns = [
        _Column.of(name, cells, is_text=name == text, is_name=number == 0)
        for number, (name, cells) in enumerate(zip(header, zip(*rows, strict=True), strict=True))
    ]
    shown = columns if limit is None else _columns_that_fit(columns, optional, limit)
    if limit is not None and _least_width(shown) > limit:
        return "\n\n".join("\n".join(_record(header, row, limit)) for row in rows)
    lines = list(_lines(_narrowed(shown, limit), text))
    if left_out := [column.name for column in columns if column not in shown]:
        note = f"(no room for {', '.join(left_out)}; --json or a wider terminal shows all)"
        lines += wrapped(note, limit)
    return "\n".join(lines)


def facts(pairs: Collection[tuple[str, str]], *, whole: Collection[str] = ()) -> str:
    """Names and values below each other; a long value continues below its beginning.

    Args:
        whole: names of values that are never broken, such as a command, so that they can be copied.
    """
    indent = max((len(name) for name, _ in pairs), default=0) + len(_GAP)
    limit = terminal_width()
    room = None if limit is None else max(limit - indent, _NARROWEST_TEXT)
    return "\n".join(
        f"{'' if number else name:{indent}}{line}".rstrip()
        for name, value in pairs
        for number, line in enumerate(wrapped(value, None if name in whole else room) or [""])
    )


def prose(lines: Sequence[str]) -> str:
    """Sentences, each on lines of its own; one that is longer than the terminal continues below."""
    limit = terminal_width()
    return "\n".join(part for line in lines for part in (wrapped(line, limit, indent="  ") or [""]))


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its width now, the least that it can be narrowed to, and that of its widest cell."""

    name: str
    cells: Sequence[str]
    width: int
    least: int
    full_width: int

    @classmethod
    def of(cls, name: str, cells: Sequence[str], *, is_text: bool, is_name: bool) -> _Column:
        """A column as wide as its cells; names can be cut, sentences be as narrow as their longest word."""
        width = least = max(len(name), *map(len, cells))
        if is_text:
            longest = max((len(word) for cell in (name, *cells) for word in cell.split()), default=0)
            least = min(width, max(longest, _NARROWEST_TEXT))
        elif is_name:
            least = min(width, _NARROWEST_NAME)
        return cls(name, cells, width, least, width)


def _least_width(columns: Sequence[_Column]) -> int:
    return sum(column.least for column in columns) + len(_GAP) * (len(columns) - 1)


def _columns_that_fit(columns: Sequence[_Column], optional: Sequence[str], limit: int) -> list[_Column]:
    """The columns without the unimportant ones; of those, the ones that fit all the same come back."""
    shown = list(columns)
    for name in optional:
        if _least_width(shown) <= limit:
            break
        shown = [column for column in shown if column.name != name]
    if _least_width(shown) <= limit:
        for name in reversed(optional):
            more = [column for column in columns if column in shown or column.name == name]
            if _least_width(more) <= limit:
                shown = more
    return shown


def _narrowed(columns: Sequence[_Column], limit: int | None) -> Iterator[_Column]:
    """The columns with the widths that fit: sentences give way before names are cut."""
    excess = 0 if limit is None else sum(column.width for column in columns) + len(_GAP) * (len(columns) - 1)
    excess -= limit or 0
    for column in reversed(columns):
        given = min(max(excess, 0), column.width - column.least)
        excess -= given
        yield replace(column, width=column.width - given)


def _lines(narrowed: Iterator[_Column], text: str | None) -> Iterator[str]:
    """The header and the rows; `narrowed` begins with the last column."""
    columns = list(narrowed)[::-1]
    header = [column.name for column in columns]
    rows = zip(*(column.cells for column in columns), strict=True)
    if text not in header and all(column.width == column.full_width for column in columns):
        # One template for all rows, because a list may have many thousands.
        template = _GAP.join(f"{{:{column.width}}}" for column in columns)
        yield from (template.format(*row).rstrip() for row in (header, *rows))
        return
    for row in (header, *rows):
        parts = [
            wrapped(cell, column.width, whole=False) if column.name == text else _name(cell, column.width)
            for cell, column in zip(row, columns, strict=True)
        ]
        for line in zip_longest(*parts, fillvalue=""):
            yield _GAP.join(
                part.ljust(column.width) for part, column in zip(line, columns, strict=True)
            ).rstrip()


def _name(text: str, width: int) -> list[str]:
    """A name in its column: broken between words, or else cut."""
    parts = wrapped(text, width, indent=_GAP, whole=False) or [""]
    return parts if max(map(len, parts)) <= width else [cut_text(text, width)]


def _record(header: Sequence[str], row: Sequence[str], limit: int) -> Iterator[str]:
    """A row as names and values below each other; a value that is too long begins on a line of its own."""
    indent = max(map(len, header)) + len(_GAP)
    for name, value in zip(header, row, strict=True):
        parts = wrapped(value, max(limit - indent, 1), whole=False) or [""]
        if max(map(len, parts)) > limit - indent:
            yield name
            yield from (f"{_GAP}{part}" for part in wrapped(value, limit - len(_GAP), whole=False))
        else:
            yield from (
                f"{name if number == 0 else '':{indent}}{part}".rstrip() for number, part in enumerate(parts)
            )
