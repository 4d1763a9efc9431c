"""CSV files: whole numbers in full, LF lines, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest

from obrelease.analysis.kinds.csv_table import csv_table, first_difference

COLUMNS = ("scenario", "seed", "wall_ns", "source")


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


def table(source: str | None = None) -> bytes:
    return csv_table(COLUMNS, [("x100", str(2**64 - 1), 2**63 - 1, source)])


def test_integers_keep_their_last_digit_and_none_is_an_empty_cell() -> None:
    assert cells(table()) == [list(COLUMNS), ["x100", "18446744073709551615", str(2**63 - 1), ""]]


def test_a_table_without_rows_still_has_its_columns() -> None:
    assert csv_table(COLUMNS, []) == (",".join(COLUMNS) + "\n").encode()


def test_lines_end_with_lf_on_every_system() -> None:
    data = csv_table(COLUMNS, [("a", "b", 1, "c"), ("a", "b", 1, "c")])
    assert data.count(b"\n") == 3
    assert b"\r" not in data


@pytest.mark.parametrize(
    "payload",
    ["=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "\uff1d1+1", "\uff20x"],
)
def test_a_formula_is_made_text(payload: str) -> None:
    _, row = cells(table(payload))
    assert row[COLUMNS.index("source")] == f"'{payload}".replace("\r", "\n")


@pytest.mark.parametrize("harmless", ["day.csv", "a=b", "x-y", "1,5", 'say "hi"', "two\nlines"])
def test_other_text_is_unchanged(harmless: str) -> None:
    _, row = cells(table(harmless))
    assert row[COLUMNS.index("source")] == harmless


@pytest.mark.parametrize("payload", ["a\r=1+1", "a\r\n=1+1", "a\n=1+1", 'a"\r=1'])
def test_a_carriage_return_starts_no_row_of_its_own(payload: str) -> None:
    data = table(payload)
    assert b"\r" not in data
    assert len(cells(data)) == 2


def test_negative_numbers_stay_numbers() -> None:
    assert csv_table(["pnl_ticks"], [(-5,)]) == b"pnl_ticks\n-5\n"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (b"a,b\n1,2\n3,4\n", None),
        (b"a,c\n1,2\n3,4\n", "has other columns than this version writes"),
        (b"a,b\n1,2\n3,5\n", "line 3: b is '5', and should be '4'"),
        (b"a,b\n1,2\n", "has 2 lines, and should have 3"),
    ],
)
def test_the_first_difference_of_two_tables_is_named(found: bytes, words: str | None) -> None:
    assert first_difference(found, b"a,b\n1,2\n3,4\n") == words
