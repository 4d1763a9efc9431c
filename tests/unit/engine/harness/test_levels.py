"""Every level of a LOBSTER row is compared: falsified sizes are found, or counted as not checkable."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from obengine.cores import make_book
from obengine.feeds.lobster import LobsterDay, read_lobster
from obengine.feeds.lobster_sample import write_lobster_sample
from obengine.feeds.lobster_window import NO_ASK, NO_BID, Cause
from obengine.harness.levels import LevelComparison, PriceTotals, compare_levels
from obengine.harness.outcome import CheckResult
from obengine.harness.replay import run_replay


def orderbook(message: Path) -> Path:
    return message.with_name(message.name.replace("message", "orderbook"))


def compared(path: Path) -> LevelComparison:
    day = read_lobster(path)
    return compare_levels(day, day.commands, make_book("reference").apply(day.commands))


def levels_hold(path: Path, core: str = "reference") -> CheckResult:
    outcome = run_replay(path, core=core, passes=1)
    return next(each for each in outcome.checks if each.name == "levels-hold")


def falsify(path: Path, day: LobsterDay, count: int, seed: int) -> list[tuple[int, int]]:
    """Change sizes of levels in a copy of the orderbook rows: half of them adopted, half of them others.

    Returns row and price of each; no two of them are in neighbouring rows.
    """
    chance = random.Random(seed)
    lines = [line.split(",") for line in orderbook(path).read_text().splitlines()]
    adopted = np.flatnonzero(day.causes & Cause.ADOPTED_TAIL_LEVEL).tolist()
    plain = np.flatnonzero(day.causes == 0).tolist()
    changed: list[tuple[int, int]] = []
    used: set[int] = set()
    for rows in (adopted, plain):
        chance.shuffle(rows)
        for row in rows:
            if len(used & {row - 2, row - 1, row, row + 1, row + 2}):
                continue
            there = [
                level
                for level in range(2 * day.level_count)
                if int(lines[row][2 * level]) not in {NO_ASK, NO_BID}
            ]
            level = max(there[-2:]) if rows is adopted else chance.choice(there)
            lines[row][2 * level + 1] = str(int(lines[row][2 * level + 1]) + chance.choice((1, 7, 100)))
            changed.append((row, int(lines[row][2 * level])))
            used.add(row)
            if len(changed) == (count // 2 if rows is adopted else count):
                break
    orderbook(path).write_text("".join(",".join(line) + "\n" for line in lines))
    return changed


@pytest.mark.parametrize("levels", [1, 3, 5])
def test_each_of_200_falsified_sizes_is_found_or_named_as_not_checkable(tmp_path: Path, levels: int) -> None:
    path = write_lobster_sample(tmp_path, seed=3, rows=5_000, levels=levels)
    changed = falsify(path, read_lobster(path), 200, seed=levels)
    assert len(changed) == 200
    found = compared(path)
    unchecked = {tuple(pair) for pair in found.not_checkable.tolist()}
    missed = [
        (row, price)
        for row, price in changed
        if not found.rows_differ[row : row + 2].any() and (row, price) not in unchecked
    ]
    assert missed == []
    assert sum(found.rows_differ[row : row + 2].any() for row, _ in changed) > 120


@pytest.mark.parametrize("core", ["reference", "native"])
def test_rows_that_adopted_a_level_are_counted_apart(tmp_path: Path, core: str) -> None:
    path = write_lobster_sample(tmp_path, rows=2_000)
    day = read_lobster(path)
    held = levels_hold(path, core)
    adopted = int(np.count_nonzero(day.causes & Cause.ADOPTED_TAIL_LEVEL))
    assert held.passed
    assert held.counts["rows-held"] == held.counts["rows"] == 1_999
    assert held.counts["rows-held-adopted-a-level"] == adopted > 20
    assert f"{adopted:,} of these rows adopted a level" in held.detail
    assert held.counts["levels-compared"] == int(
        ((day.book_rows[:, ::2] != NO_ASK) & (day.book_rows[:, ::2] != NO_BID)).sum()
    )
    assert 0 < held.counts["levels-not-checkable"] < held.counts["levels-taken-from-the-file"]


def test_a_falsified_deep_level_fails_by_its_row_in_shares_and_currency(tmp_path: Path) -> None:
    path = write_lobster_sample(tmp_path, rows=800)
    day = read_lobster(path)
    row = next(row for row in range(300, 800) if not day.causes[row - 1 : row + 2].any())
    lines = orderbook(path).read_text().splitlines()
    fields = lines[row].split(",")
    price, lots = int(fields[16]), int(fields[17])
    fields[17] = str(lots + 1)
    lines[row] = ",".join(fields)
    orderbook(path).write_text("\n".join(lines) + "\n")
    held = levels_hold(path)
    assert not held.passed
    assert held.counts["rows-unexplained"] == 1
    assert f"first at row {row + 1}: ask level 5: the book has {lots:,} shares at ${price / 10_000:,.4f}" in (
        held.detail
    )
    assert held.detail.endswith(f"the file has {lots + 1:,} shares")


def test_the_first_row_is_checked_by_the_second(tmp_path: Path) -> None:
    path = write_lobster_sample(tmp_path, rows=300)
    lines = orderbook(path).read_text().splitlines()
    fields = lines[0].split(",")
    fields[13] = str(int(fields[13]) + 5)
    lines[0] = ",".join(fields)
    orderbook(path).write_text("\n".join(lines) + "\n")
    assert not levels_hold(path).passed


def test_totals_are_those_of_a_plain_sum() -> None:
    chance = np.random.default_rng(4)
    prices, rows = chance.integers(1, 9, 400), np.sort(chance.integers(0, 50, 400))
    lots: dict[int, int] = {}
    change = []
    for price in prices.tolist():
        added = int(chance.integers(1, 5)) if chance.random() < 0.6 else -lots.get(price, 0)
        lots[price] = lots.get(price, 0) + added
        change.append(added)
    totals = PriceTotals(prices, np.array(change), rows, 50)
    for row in range(50):
        upto = rows <= row
        wanted = [int(np.array(change)[upto & (prices == price)].sum()) for price in range(10)]
        assert totals.at(np.arange(10), np.full(10, row)).tolist() == wanted
        assert totals.count()[row] == sum(each > 0 for each in wanted)
