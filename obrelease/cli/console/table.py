"""Tables that fit the terminal: columns are left out by importance, long texts continue below."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from obrelease.cli.console.terminal import cut_text, terminal_width

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

    Args:
        optional: names of columns that a narrow terminal has no room for, the least important first. A last
            line names those that were left out.
        text: the name of a column of sentences, which continue on the next line where there is no room.
        width: columns of the output; those of the terminal if None. A file or a pipe has no limit.
    """
    if not rows:
        return ""
    limit = terminal_width() if width is None else width
    shown = _columns_that_fit(rows, header, optional, text, limit)
    cells = [[row[i] for i in shown] for row in (header, *rows)]
    lines = list(_lines(cells, shown, header, text, limit))
    if left_out := [name for i, name in enumerate(header) if i not in shown]:
        note = f"(no room for {', '.join(left_out)}; --json or a wider terminal shows all)"
        lines += wrapped(note, limit)
    return "\n".join(lines)


def facts(pairs: Collection[tuple[str, str]]) -> str:
    """Names and values below each other; a long value continues below its beginning."""
    indent = max((len(name) for name, _ in pairs), default=0) + len(_GAP)
    limit = terminal_width()
    room = None if limit is None else max(limit - indent, _NARROWEST_TEXT)
    return "\n".join(
        f"{name if first else '':{indent}}{line}".rstrip()
        for name, value in pairs
        for first, line in zip((True, *(False for _ in value)), wrapped(value, room) or [""], strict=False)
    )


def prose(lines: Sequence[str]) -> str:
    """Sentences, each on lines of its own; one that is longer than the terminal continues below."""
    limit = terminal_width()
    return "\n".join(part for line in lines for part in (wrapped(line, limit, indent="  ") or [""]))


def wrapped(line: str, width: int | None, *, indent: str = "") -> list[str]:
    """A line in parts of at most `width` characters, broken between words alone.

    Args:
        indent: before each part but the first.
    """
    if width is None or len(line) <= width:
        return [line]
    return textwrap.wrap(
        line,
        max(width, len(indent) + 1),
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _widths(cells: Rows) -> list[int]:
    return [max(map(len, column)) for column in zip(*cells, strict=True)]


def _columns_that_fit(
    rows: Rows, header: Sequence[str], optional: Sequence[str], text: str | None, limit: int | None
) -> list[int]:
    """The columns without the unimportant ones; of those, the ones that fit all the same come back."""
    shown, left_out = list(range(len(header))), []
    if limit is None:
        return shown
    for name in optional:
        if _least_width(rows, header, shown, text) <= limit:
            break
        left_out += [i for i in shown if header[i] == name]
        shown = [i for i in shown if header[i] != name]
    for i in reversed(left_out):
        more = sorted((*shown, i))
        if _least_width(rows, header, more, text) <= limit:
            shown = more
    return shown


def _least_width(rows: Rows, header: Sequence[str], shown: Sequence[int], text: str | None) -> int:
    """The width of the columns if the names are cut and the texts are broken as much as is allowed."""
    widths = _widths([[row[i] for i in shown] for row in (header, *rows)])
    for at, i in enumerate(shown):
        least = _NARROWEST_TEXT if header[i] == text else _NARROWEST_NAME if at == 0 else widths[at]
        widths[at] = min(widths[at], least)
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _lines(
    cells: Rows, shown: Sequence[int], header: Sequence[str], text: str | None, limit: int | None
) -> Iterator[str]:
    widths = _widths(cells)
    at = next((at for at, i in enumerate(shown) if header[i] == text), None)
    excess = 0 if limit is None else sum(widths) + len(_GAP) * (len(widths) - 1) - limit
    if at is not None and excess > 0:
        narrowed = max(min(widths[at], _NARROWEST_TEXT), widths[at] - excess)
        excess -= widths[at] - narrowed
        widths[at] = narrowed
    if excess > 0 and at != 0:
        widths[0] = max(min(widths[0], _NARROWEST_NAME), widths[0] - excess)
    for row in cells:
        parts = [
            wrapped(cell, widths[i]) if i == at else [cut_text(cell, widths[i])] for i, cell in enumerate(row)
        ]
        for number in range(max(map(len, parts))):
            yield _GAP.join(
                (part[number] if number < len(part) else "").ljust(width)
                for part, width in zip(parts, widths, strict=True)
            ).rstrip()
