"""LOBSTER as it is delivered: seven columns, hidden and cross trades, several days, gzip and 7z."""

from __future__ import annotations

import gzip
import sys
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from obengine.api.errors import FeedError, WorkloadError
from obengine.api.messages import Op, Side
from obengine.feeds.lobster import LobsterDay, read_lobster, read_lobster_days
from obengine.feeds.lobster_name import LobsterName, parse_name
from obengine.feeds.lobster_sample import lobster_sample_files, write_lobster_sample
from obengine.feeds.lobster_window import Cause
from obengine.feeds.trades import NO_SIDE, TradeKind
from obengine.harness.replay import run_replay
from obengine.harness.selection import Selection

CORES = pytest.mark.parametrize("core", ["reference", "native"])
MESSAGES = [
    "34200.000000100,1,11,100,1000000,1,null",
    "34200.000000200,1,12,50,1000200,-1,UBSS",
    "34200.000000300,5,0,10,1000100,1,null",
    "34200.000000400,4,12,20,1000200,-1,null",
    "34200.000000500,6,-1,500,1000100,-1,NITE",
    "34200.000000600,7,-1,0,-1,-1,",
    "34200.000000700,7,0,0,1,0,null",
    "34200.000000800,1,13,7,1000300,-1,NITE",
]
BOOKS = [
    "9999999999,0,1000000,100,9999999999,0,-9999999999,0",
    *["1000200,50,1000000,100,9999999999,0,-9999999999,0"] * 2,
    *["1000200,30,1000000,100,9999999999,0,-9999999999,0"] * 4,
    "1000200,30,1000000,100,1000300,7,-9999999999,0",
]
STEM = "XYZ_2026-01-05_34200000_57600000"


def write(folder: Path, messages: list[str] = MESSAGES, stem: str = STEM) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{stem}_message_2.csv"
    path.write_text("".join(f"{line}\n" for line in messages))
    (folder / f"{stem}_orderbook_2.csv").write_text("".join(f"{line}\n" for line in BOOKS))
    return path


@CORES
def test_the_participant_of_an_order_is_its_owner(tmp_path: Path, core: str) -> None:
    day = read_lobster(write(tmp_path), core=core)
    assert day.participants == ("UBSS", "NITE")
    new = day.commands[day.commands["op"] == Op.NEW]
    assert dict(zip(new["order_id"].tolist(), new["participant"].tolist(), strict=True)) == {
        11: 0, 12: 1, 13: 2,
    }  # fmt: skip
    assert day.messages[:, 6].tolist() == [0, 1, 0, 0, 2, 0, 0, 2]
    assert (day.label.symbol, day.label.date, day.level_count) == ("XYZ", "2026-01-05", 2)


@CORES
def test_hidden_and_cross_trades_and_halts_change_no_level(tmp_path: Path, core: str) -> None:
    path = write(tmp_path)
    assert all(check.passed for check in run_replay(path, core=core, passes=1).checks)
    causes = read_lobster(path, core=core).causes.tolist()
    assert causes[2] == Cause.HIDDEN_EXECUTION
    assert causes[4] == Cause.CROSS_TRADE
    assert causes[5] == causes[6] == Cause.HALT


def test_trades_are_visible_hidden_and_cross_executions(tmp_path: Path) -> None:
    trades = read_lobster(write(tmp_path)).trades()
    fields = ["price_ticks", "qty_lots", "order_id", "kind", "side"]
    visible, hidden, cross = (int(kind) for kind in TradeKind)
    assert trades[fields].tolist() == [
        (1_000_100, 10, 0, hidden, int(Side.BUY)),
        (1_000_200, 20, 12, visible, int(Side.SELL)),
        (1_000_100, 500, 0, cross, NO_SIDE),
    ]


@CORES
@pytest.mark.parametrize(
    ("line", "column", "value", "reason"),
    [
        (2, 7, "UBS S", "not a label"),
        (2, 7, "TOOLONGNAME", "not a label"),
        (2, 7, "é", "not a label"),
        (2, 6, "0", "not a direction"),
        (2, 3, "-1", "not an order id"),
        (5, 4, "-5", "not a size"),
        (5, 5, "-1", "not a price"),
        (6, 5, "2", "not a halt indicator"),
        (6, 6, "2", "not a direction"),
    ],
)
def test_a_wrong_field_is_named(
    tmp_path: Path, core: str, line: int, column: int, value: str, reason: str
) -> None:
    rows = [row.split(",") for row in MESSAGES]
    rows[line - 1][column - 1] = value
    with pytest.raises(FeedError, match=reason) as caught:
        read_lobster(write(tmp_path, [",".join(row) for row in rows]), core=core)
    assert (caught.value.line, caught.value.column) == (line, column)


@CORES
@pytest.mark.parametrize(
    ("line", "text", "reason"),
    [
        (1, "34200.1,1,11,100,1000000", "5 fields instead of 6 or 7"),
        (1, "34200.1,1,11,100,1000000,1,null,x", "8 fields instead of 6 or 7"),
        (3, "34200.0000003,5,0,10,1000100,1", "6 fields instead of 7"),
    ],
)
def test_another_number_of_fields(tmp_path: Path, core: str, line: int, text: str, reason: str) -> None:
    rows = [*MESSAGES[: line - 1], text, *MESSAGES[line:]]
    with pytest.raises(FeedError, match=reason) as caught:
        read_lobster(write(tmp_path, rows), core=core)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "AMZN_2012-06-21_34200000_57600000_message_5.csv",
            LobsterName("AMZN", "2012-06-21", 5),
        ),
        (
            "x/BRK.B_2026-01-05_34200000_57600000_message_10.csv.gz",
            LobsterName("BRK.B", "2026-01-05", 10),
        ),
        ("A_B_2026-01-05_1_2_message_1.CSV", LobsterName("A_B", "2026-01-05", 1)),
        ("AMZN_2012-13-21_34200000_57600000_message_5.csv", LobsterName("AMZN")),
        ("T_message_2.csv", LobsterName("T")),
        ("message.csv", LobsterName("message")),
    ],
)
def test_names_tell_symbol_date_and_levels(name: str, expected: LobsterName) -> None:
    assert parse_name(name) == expected


@cache
def made_files(seed: int) -> dict[str, bytes]:
    """A day of two levels, made once."""
    return lobster_sample_files(seed=seed, rows=150, levels=2)


def folder_of_days(folder: Path) -> Path:
    """Two days of one symbol and one of another."""
    folder.mkdir()
    for seed, stem in enumerate(("BBB_2026-01-06", "AAA_2026-01-06", "AAA_2026-01-05")):
        for name, content in made_files(seed).items():
            (folder / name.replace("SAMPLE_2000-01-03", stem)).write_bytes(content)
    return folder


def packed_as_gzip(folder: Path, target: Path) -> Path:
    target.mkdir()
    for path in folder.iterdir():
        (target / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    return target


def packed_as_zip(folder: Path, target: Path) -> Path:
    archive = target.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        for path in sorted(folder.iterdir()):
            made.write(path, path.name)
    return archive


def packed_as_7z(folder: Path, target: Path) -> Path:
    import py7zr  # of the extra `market-data`

    archive = target.with_suffix(".7z")
    with py7zr.SevenZipFile(archive, "w") as made:
        for path in sorted(folder.iterdir()):
            made.write(path, f"inner/{path.name}")
    return archive


PACKINGS = pytest.mark.parametrize("pack", [packed_as_gzip, packed_as_zip, packed_as_7z])


@PACKINGS
def test_days_are_the_same_however_they_are_packed(
    tmp_path: Path, pack: Callable[[Path, Path], Path]
) -> None:
    folder = folder_of_days(tmp_path / "days")
    plain = read_lobster_days(folder)
    packed = read_lobster_days(pack(folder, tmp_path / "packed"))
    assert [titles(days) for days in (plain, packed)] == [
        ["AAA 2026-01-05", "AAA 2026-01-06", "BBB 2026-01-06"]
    ] * 2
    for one, two in zip(plain, packed, strict=True):
        assert one.commands.tobytes() == two.commands.tobytes()


def titles(days: tuple[LobsterDay, ...]) -> list[str]:
    return [day.label.title for day in days]


@pytest.mark.parametrize(
    ("days", "symbols", "found"),
    [
        ((), ("AAA",), ["AAA 2026-01-05", "AAA 2026-01-06"]),
        (("2026-01-06",), (), ["AAA 2026-01-06", "BBB 2026-01-06"]),
        (("2026-01-06",), ("BBB",), ["BBB 2026-01-06"]),
    ],
)
def test_days_and_symbols_are_selected(
    tmp_path: Path, days: tuple[str, ...], symbols: tuple[str, ...], found: list[str]
) -> None:
    assert titles(read_lobster_days(folder_of_days(tmp_path / "days"), days=days, symbols=symbols)) == found


def test_a_day_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    folder = folder_of_days(tmp_path / "days")
    with pytest.raises(FeedError, match=r"no LOBSTER day 2026-01-07; it has AAA 2026-01-05, AAA"):
        read_lobster_days(folder, days=["2026-01-07"])
    with pytest.raises(FeedError, match="no LOBSTER day CCC"):
        read_lobster_days(folder, symbols=["AAA", "CCC"])


@CORES
def test_several_days_are_one_run_with_a_book_each(tmp_path: Path, core: str) -> None:
    folder = folder_of_days(tmp_path / "days")
    outcome = run_replay(folder, core=core, passes=1)
    assert all(check.passed for check in outcome.checks), outcome.checks
    levels = next(check for check in outcome.checks if check.name == "levels-hold")
    assert (levels.counts["days"], levels.counts["rows-held"]) == (3, 3 * 149)
    assert outcome.workload.messages == sum(day.commands.size for day in read_lobster_days(folder))
    assert outcome.workload.title == "AAA-BBB_2026-01-05_2026-01-06"
    alone = run_replay(folder, core=core, passes=1, selection=Selection(("2026-01-05",)))
    assert alone.events == read_lobster_days(folder, days=["2026-01-05"])[0].commands.size


def test_a_fault_of_one_day_is_named_by_its_day(tmp_path: Path) -> None:
    folder = folder_of_days(tmp_path / "days")
    book = next(folder.glob("AAA_2026-01-06*orderbook*"))
    lines = book.read_text().splitlines()
    fields = lines[70].split(",")
    fields[1] = str(int(fields[1]) + 3)
    book.write_text("\n".join([*lines[:70], ",".join(fields), *lines[71:]]) + "\n")
    check = next(c for c in run_replay(folder, core="native", passes=1).checks if c.name == "levels-hold")
    assert not check.passed
    assert check.detail.startswith("AAA 2026-01-06: first at row 71: ask level 1")


def test_risk_limits_need_one_day(tmp_path: Path) -> None:
    (tmp_path / "limits.toml").write_text("version = 1\n[[limit]]\nopen_orders = 1\n")
    with pytest.raises(WorkloadError, match="risk limits need one day"):
        run_replay(folder_of_days(tmp_path / "days"), core="native", passes=1, risk=tmp_path / "limits.toml")


@CORES
def test_limits_watch_the_participants_of_a_lobster_day(tmp_path: Path, core: str) -> None:
    (tmp_path / "limits.toml").write_text(
        'version = 1\n[[limit]]\nparticipant = "NITE"\nsymbol = "XYZ"\ninventory_lots = 5\n'
    )
    outcome = run_replay(write(tmp_path / "day"), core=core, passes=1, risk=tmp_path / "limits.toml")
    assert outcome.risk is not None
    assert [(breach.value, breach.limit) for breach in outcome.risk.breaches] == [(7, 5)]
    assert outcome.risk.check.counts["limit-1-orders"] == 1


def test_without_py7zr_the_error_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed_as_7z(folder_of_days(tmp_path / "days"), tmp_path / "packed")
    monkeypatch.setitem(sys.modules, "py7zr", None)
    with pytest.raises(FeedError, match="needs py7zr: pip install py7zr"):
        read_lobster(archive)


@PACKINGS
def test_a_damaged_archive_is_refused(tmp_path: Path, pack: Callable[[Path, Path], Path]) -> None:
    day = tmp_path / "day"
    day.mkdir()
    write_lobster_sample(day, rows=200, levels=2)
    packed = pack(day, tmp_path / "packed")
    target = next(packed.glob("*message*")) if packed.is_dir() else packed
    whole = target.read_bytes()
    wanted = read_lobster(packed).commands.tobytes()
    refused = 0
    places = np.linspace(0, len(whole) - 1, 24).astype(int).tolist()
    for at in places:
        target.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            assert read_lobster(packed).commands.tobytes() == wanted
        except FeedError:
            refused += 1
        target.write_bytes(whole[:at])
        with pytest.raises(FeedError):
            read_lobster(packed)
    assert refused > len(places) * 0.7


@pytest.mark.parametrize("kind", ["gzip", "7z"])
def test_a_bomb_is_stopped(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "day"
    folder.mkdir()
    (folder / "T_message_1.csv").write_bytes(b"34200,5,0,1,1,1\n" * 1_500_000)
    (folder / "T_orderbook_1.csv").write_bytes(b"2,1,1,1\n" * 1_500_000)
    packed = (packed_as_gzip if kind == "gzip" else packed_as_7z)(folder, tmp_path / "packed")
    with pytest.raises(FeedError, match="unpacks to more than 100 times its size"):
        read_lobster(packed)
