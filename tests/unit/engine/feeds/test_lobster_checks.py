"""Malformed LOBSTER rows: each is refused by file, line, column and value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from obengine.api.errors import FeedError
from obengine.feeds.integer_csv import MAX_COLUMNS, MAX_RESIDUE_PS, nanoseconds
from obengine.feeds.lobster import read_lobster
from obengine.feeds.lobster_window import Cause

MESSAGES = [
    "34200.1,1,7,10,10000,1",
    "34200.2,1,8,20,10100,-1",
    "34200.3,2,8,5,10100,-1",
    "34201,3,7,10,10000,1",
]
BOOKS = [
    "10200,3,10000,10,10300,4,9900,6",
    "10100,20,10000,10,10200,3,9900,6",
    "10100,15,10000,10,10200,3,9900,6",
    "10100,15,9900,6,10200,3,9800,1",
]


def write(folder: Path, messages: list[str], books: list[str], end: str = "\n") -> Path:
    path = folder / "T_message_2.csv"
    path.write_bytes("".join(line + end for line in messages).encode())
    (folder / "T_orderbook_2.csv").write_bytes("".join(line + end for line in books).encode())
    return path


def altered(rows: list[str], line: int, column: int, value: str) -> list[str]:
    fields = rows[line - 1].split(",")
    fields[column - 1] = value
    return [*rows[: line - 1], ",".join(fields), *rows[line:]]


def test_the_rows_that_the_cases_alter_are_right(tmp_path: Path) -> None:
    day = read_lobster(write(tmp_path, MESSAGES, BOOKS))
    assert day.times_ns.tolist() == [
        34_200_100_000_000,
        34_200_200_000_000,
        34_200_300_000_000,
        34_201 * 10**9,
    ]
    assert day.cause_counts()["unexplained"] == 0
    assert (day.level_count, day.touches.shape) == (2, (4, 4))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (1, ""), (1, "x"), (1, "34200.1.2"), (1, "34200."), (1, ".5"), (1, "-1"), (1, "1e5"), (1, "nan"),
        (1, "34200.0000000000000000001"), (1, "9999999999"),
        (2, ""), (2, "1.5"), (2, "a"), (2, "--1"),
        (3, ""), (3, "7 "), (3, "9999999999999999999"), (3, "0x1"), (3, "٣"),
        (4, ""), (4, "1.0"), (4, "+5"), (4, "\x00"),
        (5, ""), (5, "-"), (5, "1-"), (5, "12,3"),
        (6, ""), (6, "buy"),
    ],
)  # fmt: skip
def test_a_message_field_that_is_no_number(tmp_path: Path, column: int, value: str) -> None:
    path = write(tmp_path, altered(MESSAGES, 3, column, value), BOOKS)
    with pytest.raises(FeedError) as caught:
        read_lobster(path)
    error = caught.value
    assert (error.file, error.line) == (str(path), 3)
    if "," in value:
        assert (error.column, error.reason) == (None, "7 fields instead of 6")
    else:
        assert error.column == column
        assert str(error).startswith(f"{path}:3:{column}: ")
        assert error.value == value.encode().decode("ascii", "backslashreplace")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        (1, "34200.15", "time decreases"),
        (1, "90000", "beyond the day"),
        (2, "0", "message type"),
        (2, "8", "message type"),
        (2, "-2", "message type"),
        (3, "0", "order id"),
        (3, "-7", "order id"),
        (4, "0", "size"),
        (4, "2147483648", "size"),
        (5, "0", "price"),
        (5, "-10000", "price"),
        (5, "9999999999", "price"),
        (6, "0", "direction"),
        (6, "2", "direction"),
    ],
)
def test_a_message_field_out_of_its_range(tmp_path: Path, column: int, value: str, reason: str) -> None:
    path = write(tmp_path, altered(MESSAGES, 3, column, value), BOOKS)
    with pytest.raises(FeedError, match=reason) as caught:
        read_lobster(path)
    assert (caught.value.file, caught.value.line, caught.value.column) == (str(path), 3, column)
    assert caught.value.value == value


@pytest.mark.parametrize("column", range(1, 9))
@pytest.mark.parametrize("value", ["", "x", "1.5", "-5", "0"])
def test_every_orderbook_field(tmp_path: Path, column: int, value: str) -> None:
    path = write(tmp_path, MESSAGES, altered(BOOKS, 2, column, value))
    with pytest.raises(FeedError) as caught:
        read_lobster(path)
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "T_orderbook_2.csv"), 2)
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        (5, "10100", "not worse"),
        (5, "10000", "not worse"),
        (7, "10000", "not worse"),
        (6, "2147483648", "size"),
        (5, "9999999999", "size"),
        (7, "-9999999999", "size"),
    ],
)
def test_levels_out_of_order_or_without_their_size(
    tmp_path: Path, column: int, value: str, reason: str
) -> None:
    path = write(tmp_path, MESSAGES, altered(BOOKS, 4, column, value))
    with pytest.raises(FeedError, match=reason) as caught:
        read_lobster(path)
    assert caught.value.line == 4


def test_a_halt_has_its_own_prices(tmp_path: Path) -> None:
    path = write(tmp_path, [*MESSAGES, "34202,7,0,0,5,-1"], [*BOOKS, BOOKS[-1]])
    with pytest.raises(FeedError, match="halt") as caught:
        read_lobster(path)
    assert (caught.value.line, caught.value.column) == (5, 5)


def test_a_crossed_first_row(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="crossed") as caught:
        read_lobster(write(tmp_path, MESSAGES, altered(BOOKS, 1, 3, "10200")))
    assert (caught.value.line, caught.value.column) == (1, 3)


@pytest.mark.parametrize(("messages", "books"), [(3, 4), (4, 3), (0, 4), (4, 0), (0, 0)])
def test_files_of_unequal_length_or_none(tmp_path: Path, messages: int, books: int) -> None:
    with pytest.raises(FeedError, match=r"more rows than|empty") as caught:
        read_lobster(write(tmp_path, MESSAGES[:messages], BOOKS[:books]))
    assert caught.value.line == (min(messages, books) + 1 if messages or books else None)


def test_an_empty_file_has_no_line(tmp_path: Path) -> None:
    path = write(tmp_path, [], [])
    with pytest.raises(FeedError) as caught:
        read_lobster(path)
    assert str(caught.value) == f"{path}: the file is empty"


def test_the_path_is_named_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "days").mkdir()
    write(tmp_path / "days", altered(MESSAGES, 2, 4, "x"), BOOKS)
    monkeypatch.chdir(tmp_path)
    for given in ("days/T_message_2.csv", "days"):
        with pytest.raises(FeedError, match="not a number") as caught:
            read_lobster(Path(given))
        assert caught.value.file == "days/T_message_2.csv"


@pytest.mark.parametrize("row", ["", "34200.3,2,8,5,10100", "34200.3,2,8,5,10100,-1,x"])
def test_a_row_with_another_number_of_fields(tmp_path: Path, row: str) -> None:
    with pytest.raises(FeedError, match="instead of 6") as caught:
        read_lobster(write(tmp_path, [*MESSAGES[:2], row, *MESSAGES[3:]], BOOKS))
    assert (caught.value.line, caught.value.column, caught.value.value) == (3, None, row)


def test_fields_moved_between_rows_are_not_taken_for_whole_ones(tmp_path: Path) -> None:
    rows = [MESSAGES[0] + ",9", "34200.2,1,8,20,10100", *MESSAGES[2:]]
    with pytest.raises(FeedError, match="5 fields instead of 7") as caught:
        read_lobster(write(tmp_path, rows, BOOKS))
    assert caught.value.line == 2


def test_an_orderbook_that_is_not_four_fields_a_level(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="four fields per level"):
        read_lobster(write(tmp_path, MESSAGES, ["1,2,3"] * 4))


def test_a_line_without_end_and_one_of_too_many_fields(tmp_path: Path) -> None:
    path = write(tmp_path, MESSAGES, BOOKS)
    path.write_bytes(b"1" * (1 << 21))
    with pytest.raises(FeedError, match="without an end"):
        read_lobster(path)
    path = write(tmp_path, MESSAGES, [",".join(["1"] * (MAX_COLUMNS + 1))])
    with pytest.raises(FeedError, match="more than"):
        read_lobster(path)


def test_carriage_returns_and_a_missing_last_newline_are_no_fault(tmp_path: Path) -> None:
    day = read_lobster(write(tmp_path, MESSAGES, BOOKS, end="\r\n"))
    path = write(tmp_path, MESSAGES, BOOKS)
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    assert read_lobster(path).commands.tobytes() == day.commands.tobytes()


def test_times_that_went_through_binary_floating_point_are_rounded_and_counted(tmp_path: Path) -> None:
    times = ["34200.000000001", "34200.123456789004", "34200.9999999999960", "34201.000000000000000"]
    rows = [f"{time},{row.partition(',')[2]}" for time, row in zip(times, MESSAGES, strict=True)]
    day = read_lobster(write(tmp_path, rows, BOOKS))
    assert day.times_ns.tolist() == [34_200_000_000_001, 34_200_123_456_789, 34_201 * 10**9, 34_201 * 10**9]
    assert np.flatnonzero(day.causes & Cause.TIME_ROUNDED).tolist() == [1, 2]
    assert day.cause_counts()["time-rounded"] == 2


@pytest.mark.parametrize("nanos", [0, 1, 632_812_672, 999_999_999])
@pytest.mark.parametrize("second", [1, 34_200, 65_535, 65_536, 86_399])
def test_whatever_a_double_makes_of_a_nanosecond_is_that_nanosecond(second: int, nanos: int) -> None:
    exact = second * 10**9 + nanos
    text = f"{exact / 1e9:.13f}".encode()
    data, start, end = np.frombuffer(text, np.uint8), np.array([0]), np.array([len(text)])
    values, bad, residue_ps = nanoseconds(data, start, end)
    assert (values.tolist(), bad.tolist()) == ([exact], [False])
    assert residue_ps[0] <= MAX_RESIDUE_PS


@pytest.mark.parametrize("time", ["34200.2000000005", "34200.20000000002", "34200.200000000017"])
def test_a_time_finer_than_nanoseconds_is_refused_as_it_is_written(tmp_path: Path, time: str) -> None:
    path = write(tmp_path, altered(MESSAGES, 2, 1, time), BOOKS)
    with pytest.raises(FeedError, match="finer than nanoseconds") as caught:
        read_lobster(path)
    assert (caught.value.line, caught.value.column, caught.value.value) == (2, 1, time)


def test_the_right_row_is_quoted_when_the_files_come_in_blocks_of_other_lengths(tmp_path: Path) -> None:
    # A block is a mebibyte: the files' blocks end at different rows.
    count, line = 60_000, 51_234
    messages = [f"{34_200 + k // 10}.{k % 10},5,0,1,10000,1" for k in range(count)]
    path = write(tmp_path, altered(messages, line, 1, "34200.500"), [BOOKS[0]] * count)
    with pytest.raises(FeedError, match="time decreases") as caught:
        read_lobster(path)
    assert (caught.value.line, caught.value.value) == (line, "34200.500")
    write(tmp_path, messages, altered([BOOKS[0]] * count, line, 6, "00"))
    with pytest.raises(FeedError, match="size") as caught:
        read_lobster(path)
    assert (caught.value.line, caught.value.column, caught.value.value) == (line, 6, "00")
