"""Replays of level feeds: a day that holds, and faults of the core or of the file, each found by its line."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from obengine.api.errors import FeedError, WorkloadError
from obengine.api.messages import Op
from obengine.cores import make_book
from obengine.feeds.level_commands import level_commands
from obengine.feeds.level_csv import read_level_csv
from obengine.harness.outcome import INCONCLUSIVE, CheckResult
from obengine.harness.replay import run_replay
from obengine.harness.replay_levels import check_levels, units_of
from obengine.harness.selection import Selection
from tests.unit.engine.feeds.test_level_commands import HEADER, Row, text_of

LEVELS = 20


def day(times: int, *, snapshots_at: Sequence[int] = (), depth: int = LEVELS, seed: int = 1) -> list[Row]:
    """A random walk of a book: `snapshots_at` are times at which its best `depth` levels are repeated."""
    chance = random.Random(seed)
    book = {("bid", 1_000 - n): 1 + n for n in range(1, LEVELS)}
    book |= {("ask", 1_000 + n): 1 + n for n in range(1, LEVELS)}
    rows = snapshot(book, 0, LEVELS)
    for time in range(1, times):
        for _ in range(3):
            side, away = chance.choice((("bid", -1), ("ask", 1)))
            price = 1_000 + away * chance.randrange(1, LEVELS)
            book[side, price] = chance.choice((0, chance.randrange(1, 90)))
            rows.append((time * 1_000, "A", False, side, price, book[side, price]))
        if time in snapshots_at:
            book = {key: size for key, size in book.items() if size}
            rows += snapshot(book, time * 1_000, depth)
    return rows


def snapshot(book: dict[tuple[str, int], int], time: int, depth: int) -> list[Row]:
    found: list[Row] = []
    for side, sign in (("bid", -1), ("ask", 1)):
        prices = sorted((price for own, price in book if own == side), key=lambda price: price * sign)
        found += [(time, "A", True, side, price, book[side, price]) for price in prices[:depth]]
    return found


def write(folder: Path, rows: list[Row]) -> Path:
    path = folder / "levels.csv"
    path.write_text(text_of(rows))
    return path


def checks_of(path: Path) -> dict[str, CheckResult]:
    made = level_commands(read_level_csv(path))
    symbols = len(made.feed.symbols)
    events = make_book("reference", symbols).apply(made.commands)
    found, _ = check_levels(made, events, make_book("reference", symbols))
    return {check.name: check for check in found}


def test_a_day_holds_and_both_cores_agree(tmp_path: Path) -> None:
    path = write(tmp_path, day(1_500, snapshots_at=(300, 900)))
    one, two = (run_replay(path, core=core, passes=1) for core in ("reference", "native"))
    assert (one.events_digest, one.state_digest) == (two.events_digest, two.state_digest)
    assert all(each.passed for each in one.checks), one.checks
    counts = {check.name: check.counts for check in one.checks}
    assert counts["commands-carried-out"]["snapshots"] == 3
    assert counts["levels-agree"]["rows-asked"] >= 100
    assert counts["books-uncrossed"] == {"times": 1_500, "times-with-both-sides": 1_500, "times-crossed": 0}
    assert counts["snapshots-agree"]["snapshots-after-updates"] == 2
    assert counts["snapshots-agree"]["levels-compared"] > LEVELS
    assert one.units is not None
    assert one.units.price(1_000) == "10.00 (1,000 x 0.01)"
    assert one.series["time_ns"][1] - one.series["time_ns"][0] == 1_000_000
    assert one.series["time_ns"].max() < 86_400 * 10**9
    assert (one.series["bid_ticks"] < one.series["ask_ticks"]).all()


def test_symbols_have_books_of_their_own(tmp_path: Path) -> None:
    rows = [
        each
        for time, _, snap, side, price, size in day(200, snapshots_at=(50,))
        for each in (
            (time, "A", snap, side, price, size),
            (time, "B", snap, side, price + 500, 7 * size),
        )
    ]
    outcome = run_replay(write(tmp_path, rows), core="native", passes=1)
    assert all(each.passed for each in outcome.checks), outcome.checks
    assert {check.name: check.counts for check in outcome.checks}["books-uncrossed"]["times"] == 400
    assert not outcome.series


def test_a_core_with_another_size_is_found(tmp_path: Path) -> None:
    made = level_commands(read_level_csv(write(tmp_path, day(400))))
    wrong = made.commands.copy()
    at = int(np.flatnonzero(wrong["op"] == Op.MODIFY)[-1])
    wrong["qty_lots"][at] += 1
    altered = replace(made, commands=wrong)
    events = make_book("reference").apply(wrong)
    found = {check.name: check for check in check_levels(altered, events, make_book("reference"))[0]}
    assert not found["levels-agree"].passed
    assert "levels.csv:" in found["levels-agree"].detail
    assert found["levels-agree"].counts["levels-differing"] > 0


def test_the_deepest_level_is_compared_at_the_end(tmp_path: Path) -> None:
    made = level_commands(
        read_level_csv(write(tmp_path, [(0, "A", False, "bid", n, 1) for n in range(1, 61)]))
    )
    wrong = made.commands.copy()
    wrong["qty_lots"][1] = 2
    events = make_book("reference").apply(wrong)
    found, _ = check_levels(replace(made, commands=wrong), events, make_book("reference"))
    assert "levels.csv:61: A bid 0.01: the core has 2 lots of 0.001, the feed 1" in found[1].detail


def test_a_core_that_refuses_is_found(tmp_path: Path) -> None:
    made = level_commands(read_level_csv(write(tmp_path, day(20))))
    wrong = made.commands.copy()
    wrong["qty_lots"][5] = -1
    events = make_book("reference").apply(wrong)
    found = {check.name: check for check in check_levels(made, events, make_book("reference"))[0]}
    assert not found["commands-carried-out"].passed


def test_a_crossed_book_is_named_by_its_line_and_only_after_its_time(tmp_path: Path) -> None:
    rows: list[Row] = [
        (0, "A", False, "bid", 999, 1),
        (0, "A", False, "ask", 1_000, 1),
        (1, "A", False, "bid", 1_000, 1),
        (1, "A", False, "ask", 1_000, 0),
        (1, "A", False, "ask", 1_001, 1),
        (2, "A", False, "bid", 1_001, 1),
    ]
    assert checks_of(write(tmp_path, rows[:-1]))["books-uncrossed"].passed
    crossed = checks_of(write(tmp_path, rows))["books-uncrossed"]
    assert not crossed.passed
    assert crossed.detail.startswith("first at levels.csv:7: A has bid 10.01 and ask 10.01")
    assert crossed.counts["times-crossed"] == 1


def test_nothing_to_compare_is_inconclusive(tmp_path: Path) -> None:
    one_side = checks_of(write(tmp_path, [(0, "A", False, "bid", 999, 1)]))
    assert one_side["levels-agree"].passed
    assert not one_side["books-uncrossed"].passed
    assert one_side["books-uncrossed"].counts[INCONCLUSIVE] == 1
    assert "snapshots-agree" not in one_side
    empty = checks_of(write(tmp_path, [(0, "A", False, "bid", 999, 0)]))
    assert empty["levels-agree"].counts[INCONCLUSIVE] == 1
    first = checks_of(write(tmp_path, [(0, "A", False, "bid", 999, 0), (1, "A", True, "bid", 999, 1)]))
    assert first["snapshots-agree"].counts[INCONCLUSIVE] == 1


def test_a_lost_update_before_a_snapshot_is_found(tmp_path: Path) -> None:
    rows = day(300, snapshots_at=(200,))
    assert checks_of(write(tmp_path, rows))["snapshots-agree"].passed
    start = next(at for at, row in enumerate(rows) if at > 2 * LEVELS and row[2])
    kept = {row[3:5]: row for row in rows[start:] if row[2]}
    lost = next(at for at in range(start - 1, 0, -1) if rows[at][5] and rows[at][3:5] in kept)
    found = checks_of(write(tmp_path, rows[:lost] + rows[lost + 1 :]))["snapshots-agree"]
    assert not found.passed
    assert f"updates are missing before levels.csv:{start + 1}: the snapshot has 0." in found.detail
    assert found.counts["levels-differing"] == 1


def test_a_snapshot_of_fewer_or_more_levels_says_nothing_of_the_others(tmp_path: Path) -> None:
    assert checks_of(write(tmp_path, day(300, snapshots_at=(100, 200), depth=5)))["snapshots-agree"].passed
    shallow: list[Row] = [
        (0, "A", True, "bid", 999, 1),
        (1, "A", False, "bid", 999, 2),
        (2, "A", True, "bid", 999, 2),
        (2, "A", True, "bid", 998, 4),
    ]
    assert checks_of(write(tmp_path, shallow))["snapshots-agree"].passed
    gone = [*shallow, (3, "A", False, "bid", 998, 0), (4, "A", True, "bid", 999, 2)]
    assert checks_of(write(tmp_path, gone))["snapshots-agree"].passed
    back: list[Row] = [*gone[:-1], (4, "A", True, "bid", 999, 2), (4, "A", True, "bid", 998, 4)]
    assert not checks_of(write(tmp_path, back))["snapshots-agree"].passed, "998 was in the snapshot before"
    within = [*shallow[:3], (2, "A", True, "bid", 1_000, 4)]
    assert not checks_of(write(tmp_path, within))["snapshots-agree"].passed, "1000 is better than 999"


@pytest.mark.parametrize(
    ("third", "message"),
    [
        ("x,A,5,5,false,bid,10,-1", r"levels\.csv:3:8: not a size.*-1"),
        ("x,A,3,3,false,bid,10,1", r"levels\.csv:3:4: time decreases"),
        ("x,A,5,5,false,bid,nan,1", r"levels\.csv:3:7: not a price"),
        ("x,A,5,5,false,bid,10", r"levels\.csv:3: 7 fields instead of 8"),
    ],
)
def test_a_malformed_row_is_refused_by_its_place(tmp_path: Path, third: str, message: str) -> None:
    path = tmp_path / "levels.csv"
    path.write_text(f"{HEADER}\nx,A,4,4,false,bid,10,1\n{third}\n")
    with pytest.raises(FeedError, match=message):
        run_replay(path, core="reference", passes=1)


def test_a_level_feed_is_whole_and_has_no_orders_to_limit(tmp_path: Path) -> None:
    path = write(tmp_path, day(10))
    for selection in (Selection(symbols=("A",)), Selection(days=("2020-09-13",)), Selection(from_ns=1)):
        with pytest.raises(WorkloadError, match="a level feed is replayed as a whole"):
            run_replay(path, core="reference", passes=1, selection=selection)
    with pytest.raises(WorkloadError, match="no orders to check by risk limits"):
        run_replay(path, core="reference", passes=1, risk=tmp_path / "limits.toml")


def test_units_name_the_lot_of_one_symbol(tmp_path: Path) -> None:
    path = write(tmp_path, [(0, "A", False, "bid", 999, 2_500), (1, "A", False, "ask", 1_000, 5_000)])
    units = units_of(level_commands(read_level_csv(path)))
    assert units.level(2, 1_000) == "2 lots of 2.5 at 10.00 (1,000 x 0.01)"
