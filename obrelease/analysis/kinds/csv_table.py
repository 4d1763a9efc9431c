"""CSV files of runs: fixed columns, UTF-8, LF lines, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write rows of plain values; None is an empty cell, numbers are written in full."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8")


def whole_numbers(table: bytes, columns: Sequence[str], *, text_columns: int) -> list[list[int]] | None:
    """The cells behind the first `text_columns` of each row; None if it is no such table of whole numbers."""
    header, *lines = table.decode("utf-8", "replace").removesuffix("\n").split("\n")
    count = len(columns) - text_columns
    rows = [line.rsplit(",", count)[-count:] for line in lines]
    if header.split(",") != list(columns) or not rows:
        return None
    if any(len(row) != count or not all(map(_NUMBER.fullmatch, row)) for row in rows):
        return None
    return [[int(cell) for cell in row] for row in rows]


def first_difference(table: bytes, expected: bytes) -> str | None:
    """The first cell of a table that is not the expected one, in words; None if both are equal."""
    if table == expected:
        return None
    found, right = (text.decode("utf-8", "replace").splitlines() for text in (table, expected))
    if found[:1] != right[:1]:
        return "has other columns than this version writes"
    names = right[0].split(",")
    for line, (one, other) in enumerate(zip(found, right, strict=False), start=1):
        for name, cell, wanted in zip(names, one.split(","), other.split(","), strict=False):
            if cell != wanted:
                return f"line {line}: {name} is {cell[:40]!a}, and should be {wanted[:40]!a}"
    return f"has {len(found)} lines, and should have {len(right)}"


def _inert(cell: object) -> object:
    """A quote before text that a spreadsheet would run (OWASP, CSV injection); CR becomes LF.

    The writer quotes LF alone, so a bare CR would start a row of its own in most readers.
    """
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    if text.lstrip().startswith(_FORMULA_STARTS) or text[:1] in {"\t", "\n"}:
        return f"'{text}"
    return text
