"""Messages that contradict what their order is known to be: each is found, by line, column and value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obengine.feeds.lobster import read_lobster
from obengine.feeds.lobster_sample import write_lobster_sample
from obengine.feeds.lobster_window import Cause
from obengine.feeds.order_conflicts import ConflictKind, order_conflicts
from obengine.harness.outcome import CheckResult
from obengine.harness.replay import run_replay

DAY = [
    (0, 1, 7, 10, 10_000, 1),
    (0, 2, 7, 4, 10_000, 1),
    (0, 5, 0, 9, 10_001, -1),
    (0, 1, 8, 20, 10_100, -1),
    (0, 4, 7, 3, 10_000, 1),
    (0, 3, 7, 3, 10_000, 1),
    (0, 4, 9, 50, 9_900, 1),
    (0, 3, 9, 1, 9_900, 1),
    (0, 4, 8, 20, 10_100, -1),
    (0, 1, 8, 5, 10_300, -1),
]
"""Order 9 is never introduced; id 8 is used again after all of it traded."""

Found = list[tuple[str, int, int, int, int]]


def found_in(rows: list[tuple[int, ...]]) -> Found:
    conflicts = order_conflicts(np.array(rows, dtype=np.int64).reshape(-1, 6))
    return [(str(c.conflict), c.line, c.column, c.value, c.known) for c in conflicts]


def altered(line: int, column: int, value: int) -> list[tuple[int, ...]]:
    rows = [list(row) for row in DAY]
    rows[line - 1][column - 1] = value
    return [tuple(row) for row in rows]


def test_a_day_in_order_has_none() -> None:
    assert found_in([*DAY]) == []
    assert found_in([]) == []
    assert found_in([(0, 7, 0, 0, -1, -1)]) == []


@pytest.mark.parametrize(
    ("line", "column", "value", "expected"),
    [
        (2, 5, 10_001, [("another-price", 2, 5, 10_001, 10_000)]),
        (5, 5, 9_999, [("another-price", 5, 5, 9_999, 10_000)]),
        (6, 5, 1, [("another-price", 6, 5, 1, 10_000)]),
        (8, 5, 9_800, [("another-price", 8, 5, 9_800, 9_900)]),
        (2, 6, -1, [("another-direction", 2, 6, -1, 1)]),
        (5, 6, -1, [("another-direction", 5, 6, -1, 1)]),
        (6, 6, -1, [("another-direction", 6, 6, -1, 1)]),
        (5, 4, 7, [("size-above-open", 5, 4, 7, 6), ("order-is-gone", 6, 3, 7, 7)]),
        (6, 4, 4, [("size-above-open", 6, 4, 4, 3)]),
        (9, 4, 21, [("size-above-open", 9, 4, 21, 20)]),
        (9, 4, 19, [("duplicate-id", 10, 3, 8, 8)]),
        (5, 2, 3, [("order-is-gone", 6, 3, 7, 7)]),
        (7, 2, 3, [("order-is-gone", 8, 3, 9, 9)]),
    ],
)
def test_one_altered_field(line: int, column: int, value: int, expected: Found) -> None:
    assert found_in(altered(line, column, value)) == expected


def test_deletions_of_less_than_is_open_are_no_contradiction() -> None:
    assert found_in(altered(6, 4, 2)) == []


Rows = st.lists(
    st.tuples(
        st.just(0),
        st.integers(1, 7),
        st.integers(1, 3),
        st.integers(1, 6),
        st.sampled_from([100, 200]),
        st.sampled_from([1, -1]),
    ),
    max_size=24,
)


@given(Rows)
@settings(max_examples=300)
def test_the_columns_find_what_a_walk_along_the_rows_finds(rows: list[tuple[int, ...]]) -> None:
    """ "An order has one price and one side, is introduced once, and gives away no more than it has." """
    assert found_in(rows) == walked(rows)


def walked(rows: list[tuple[int, ...]]) -> Found:
    orders: dict[int, tuple[int, int, int | None, bool]] = {}
    found: Found = []
    for line, (_, kind, order_id, size, price, direction) in enumerate(rows, start=1):
        if kind > 4:
            continue
        known_price, known_direction, left, ended = orders.get(order_id, (price, direction, None, True))
        conflicts: Found = []
        if kind == 1:
            if not ended:
                conflicts.append(("duplicate-id", line, 3, order_id, order_id))
            orders[order_id] = (price, direction, size, False)
        else:
            known = order_id in orders
            if known and ended:
                conflicts.append(("order-is-gone", line, 3, order_id, order_id))
            elif left is not None and size > left:
                conflicts.append(("size-above-open", line, 4, size, left))
            if price != known_price:
                conflicts.append(("another-price", line, 5, price, known_price))
            if direction != known_direction:
                conflicts.append(("another-direction", line, 6, direction, known_direction))
            over = kind == 3 or (left is not None and size >= left) or (known and ended)
            rest = None if left is None else left - size
            orders[order_id] = (known_price, known_direction, rest, over)
        found += conflicts
    return found


@pytest.mark.parametrize("seed", [1, 42])
def test_a_sample_day_does_not_contradict_itself(tmp_path: Path, seed: int) -> None:
    day = read_lobster(write_lobster_sample(tmp_path, seed=seed, rows=4_000))
    assert day.order_conflicts == ()


@pytest.mark.parametrize(("column", "conflict"), [(5, ConflictKind.PRICE), (6, ConflictKind.DIRECTION)])
def test_a_replay_fails_by_file_line_column_and_value(
    tmp_path: Path, column: int, conflict: ConflictKind
) -> None:
    path = write_lobster_sample(tmp_path, rows=800)
    lines = path.read_text().splitlines()
    born = {row.split(",")[2] for row in lines if row.split(",")[1] == "1"}
    line = next(
        n
        for n, row in enumerate(lines, 1)
        if n > 300 and row.split(",")[1] == "3" and row.split(",")[2] in born
    )
    fields = lines[line - 1].split(",")
    fields[column - 1] = "4242" if column == 5 else str(-int(fields[5]))
    lines[line - 1] = ",".join(fields)
    path.write_text("\n".join(lines))
    agree = orders_agree(path)
    assert not agree.passed
    assert f"first at {path.name}:{line}:{column}: {conflict}: {fields[column - 1]} where" in agree.detail
    assert agree.counts[conflict] == 1


def test_an_id_that_is_introduced_again_while_open_is_counted_wherever_it_lies(tmp_path: Path) -> None:
    path = write_lobster_sample(tmp_path, rows=800)
    lines = path.read_text().splitlines()
    news = [n for n, row in enumerate(lines) if row.split(",")[1] == "1"]
    for first in news[:40]:
        second = next(n for n in news if n > first)
        fields, known = lines[second].split(","), lines[first].split(",")[2]
        between = [row.split(",") for row in lines[first + 1 : second]]
        if all(row[2] != known for row in between):
            break
    fields[2] = known
    lines[second] = ",".join(fields)
    path.write_text("\n".join(lines))
    day = read_lobster(path)
    assert (day.order_conflicts[0].conflict, day.order_conflicts[0].line) == (
        ConflictKind.DUPLICATE,
        second + 1,
    )
    assert day.causes[second] & Cause.DUPLICATE_ID
    assert day.causes[second] & Cause.CONTRADICTS_ORDER
    assert not orders_agree(path).passed


def orders_agree(path: Path) -> CheckResult:
    outcome = run_replay(path, core="reference", passes=1)
    return next(check for check in outcome.checks if check.name == "orders-agree")
