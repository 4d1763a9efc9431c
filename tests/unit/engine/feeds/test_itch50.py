"""ITCH 5.0: every message type, books that hold what the file leaves open, and files that must be refused."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from obengine.api.errors import FeedError
from obengine.api.messages import Commands, Events, Op, Side, TradingState, records_digest
from obengine.api.protocol import Snapshot
from obengine.feeds.itch50 import ItchDay, read_itch50
from obengine.feeds.itch50_blocks import is_itch50
from obengine.feeds.itch50_layout import LAYOUTS, LENGTHS, NAMES
from obengine.feeds.itch50_sample import sample_messages, write_itch50_sample
from obengine.harness import replay_itch
from obengine.harness.replay import run_replay
from obengine.harness.replay_itch import left_open
from obengine.reference.book import ReferenceBook


def message(code: str, locate: int, time_ns: int, body: bytes = b"") -> bytes:
    head = struct.pack(">sHHHI", code.encode(), locate, 0, time_ns >> 32, time_ns & 0xFFFF_FFFF)
    return (head + body).ljust(LENGTHS[code], b" ")


def add(ref: int, side: str, shares: int, price: int, *, locate: int = 1, time_ns: int = 5) -> bytes:
    body = struct.pack(">Q", ref) + side.encode() + struct.pack(">I", shares)
    return message("A", locate, time_ns, body + b"ABC     " + struct.pack(">I", price))


def framed(*messages: bytes, lengths: bool = True) -> bytes:
    return b"".join(struct.pack(">H", len(each) if lengths else 0) + each for each in messages)


def read(tmp_path: Path, data: bytes) -> ItchDay:
    path = tmp_path / "day.itch"
    path.write_bytes(data)
    return read_itch50(path)


def test_layouts_are_as_long_as_their_messages() -> None:
    assert {code: layout.itemsize for code, layout in LAYOUTS.items()} == {c: LENGTHS[c] for c in LAYOUTS}
    assert set(NAMES) == set(LENGTHS)


@pytest.mark.parametrize("lengths", [True, False])
def test_each_order_message_becomes_its_commands(tmp_path: Path, lengths: bool) -> None:
    ref, u4 = struct.Struct(">Q").pack, struct.Struct(">I").pack
    day = read(
        tmp_path,
        framed(
            message("R", 7, 1, b"XYZ     "),
            add(10, "B", 300, 1_000_000, locate=7),
            message("F", 7, 6, ref(11) + b"S" + u4(50) + b"XYZ     " + u4(1_000_100) + b"NITE"),
            message("E", 7, 7, ref(10) + u4(20) + ref(1)),
            message("C", 7, 8, ref(10) + u4(30) + ref(2) + b"Y" + u4(999_900)),
            message("X", 7, 9, ref(10) + u4(40)),
            message("U", 7, 10, ref(11) + ref(12) + u4(60) + u4(1_000_200)),
            message("U", 7, 11, ref(12) + ref(13) + u4(70) + u4(1_000_300)),
            message("D", 7, 12, ref(10)),
            lengths=lengths,
        ),
    )
    fields = ["op", "side", "symbol", "qty_lots", "participant", "order_id"]
    assert day.commands[fields].tolist() == [
        (Op.STATE, TradingState.AUCTION, 0, 0, 0, 0),
        (Op.NEW, Side.BUY, 0, 300, 0, 10),
        (Op.NEW, Side.SELL, 0, 50, 1, 11),
        (Op.EXECUTE, 0, 0, 20, 0, 10),
        (Op.EXECUTE, 0, 0, 30, 0, 10),
        (Op.CANCEL, 0, 0, 40, 0, 10),
        (Op.CANCEL, 0, 0, 0, 0, 11),
        (Op.NEW, Side.SELL, 0, 60, 1, 12),
        (Op.CANCEL, 0, 0, 0, 0, 12),
        (Op.NEW, Side.SELL, 0, 70, 1, 13),
        (Op.CANCEL, 0, 0, 0, 0, 10),
    ]
    assert day.times_ns.tolist() == [5, 5, 6, 7, 8, 9, 10, 10, 11, 11, 12]
    assert day.frames.tolist() == [0, 2, 3, 4, 5, 6, 7, 7, 8, 8, 9]
    assert (day.symbols, day.attributions, day.unknown_orders) == (("XYZ",), ("NITE",), 0)
    book = ReferenceBook()
    book.apply(day.commands)
    assert book.snapshot().orders["order_id"].tolist() == [13]


def test_every_other_type_is_counted_and_changes_nothing(tmp_path: Path) -> None:
    order_types = {"A", "F", "E", "C", "X", "D", "U"}
    others = [code for code in LENGTHS if code not in order_types]
    day = read(tmp_path, framed(*(message(code, 1, 5) for code in others), add(1, "B", 1, 1)))
    assert day.commands["op"].tolist() == [Op.STATE, Op.NEW]
    assert day.counts == {NAMES[code]: 1 for code in NAMES if code in {*others, "A"}}


def test_halts_have_their_reason(tmp_path: Path) -> None:
    body = b"ABC     " + b"H" + b"\0" + b"T1  "
    day = read(tmp_path, framed(add(1, "B", 1, 1), message("H", 1, 9, body)))
    (halt,) = day.halts
    assert (halt.time_ns, halt.symbol, halt.state, halt.reason) == (9, 0, "H", "T1")


def test_a_replace_of_an_unknown_order_leaves_no_order(tmp_path: Path) -> None:
    body = struct.pack(">QQII", 99, 100, 5, 5)
    day = read(tmp_path, framed(add(1, "B", 1, 1), message("U", 1, 9, body)))
    assert day.commands["op"].tolist() == [Op.STATE, Op.NEW, Op.CANCEL]
    assert day.unknown_orders == 1


def test_an_order_is_unknown_before_it_is_introduced(tmp_path: Path) -> None:
    gone = message("D", 1, 5, struct.pack(">Q", 1))
    assert read(tmp_path, framed(gone, add(1, "B", 1, 1))).unknown_orders == 1
    assert read(tmp_path, framed(add(1, "B", 1, 1), gone)).unknown_orders == 0


@pytest.mark.parametrize("core", ["reference", "native"])
@pytest.mark.parametrize(("name", "lengths"), [("a.itch", True), ("b.itch.gz", False)])
def test_a_sample_replays_and_its_books_hold_what_is_left(
    tmp_path: Path, core: str, name: str, lengths: bool
) -> None:
    path = write_itch50_sample(tmp_path / name, messages=800, lengths=lengths)
    outcome = run_replay(path, core=core, passes=1)
    checks = {check.name: check for check in outcome.checks}
    assert all(check.passed for check in checks.values()), checks
    books = checks["books-hold-what-is-left"].counts
    assert (books["symbols"], books["differing"]) == (3, 0)
    assert books["orders"] == books["left-open-by-the-file"] > 50
    assert checks["commands-carried-out"].counts["refused"] == 0
    assert checks["commands-carried-out"].counts["trades-of-adds"] == 0


@pytest.mark.parametrize("core", ["reference", "native"])
def test_adds_that_cross_rest_as_in_the_file(tmp_path: Path, core: str) -> None:
    path = tmp_path / "crossed.itch"
    executed = struct.pack(">QIQ", 1, 4, 1)
    rows = [add(1, "B", 10, 105), add(2, "S", 10, 100), add(3, "S", 7, 103), message("E", 1, 6, executed)]
    path.write_bytes(framed(*rows, add(4, "S", 5, 90, locate=2, time_ns=7)))
    outcome = run_replay(path, core=core, passes=1)
    checks = {check.name: check for check in outcome.checks}
    assert all(check.passed for check in checks.values()), checks
    assert checks["books-hold-what-is-left"].counts == {
        "symbols": 2,
        "orders": 4,
        "left-open-by-the-file": 4,
        "differing": 0,
    }
    assert outcome.counts == {"accepted": 4, "traded": 1, "state-changed": 2}


@pytest.mark.parametrize("core", ["reference", "native"])
def test_a_core_that_matches_feed_orders_is_detected(
    tmp_path: Path, core: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Matching(ReferenceBook):
        """A book that ignores trading states."""

        def apply(self, commands: Commands) -> Events:
            return super().apply(commands[commands["op"] != Op.STATE])

    monkeypatch.setattr(replay_itch, "make_book", lambda _, symbols: Matching(symbols))
    path = tmp_path / "crossed.itch"
    path.write_bytes(framed(add(1, "B", 10, 105), add(2, "S", 10, 100)))
    failed = [check for check in run_replay(path, core=core, passes=1).checks if not check.passed]
    names = [check.name for check in failed if check.name != "log-integrity"]
    assert names == ["commands-carried-out", "books-hold-what-is-left"]
    carried, books = failed[-2:]
    assert (carried.counts["trades-of-adds"], books.counts["differing"]) == (1, 2)


def test_the_sample_is_the_same_everywhere(tmp_path: Path) -> None:
    path = write_itch50_sample(tmp_path / "s.itch", messages=1_000)
    assert hashlib.sha256(path.read_bytes()).hexdigest().startswith("86f8ae40e1d313c4")
    assert records_digest(read_itch50(path).commands).startswith("ac14ead6cd59156f")


def test_gzip_of_several_members_is_one_file(tmp_path: Path) -> None:
    fast_reader = framed(*sample_messages(1, 50, 1))
    path = tmp_path / "two.gz"
    path.write_bytes(gzip.compress(fast_reader[:500], mtime=0) + gzip.compress(fast_reader[500:], mtime=0))
    assert is_itch50(path)
    whole = read(tmp_path, fast_reader)
    assert np.array_equal(read_itch50(path).commands, whole.commands)


def test_what_is_left_open_is_what_a_book_keeps(tmp_path: Path) -> None:
    day = read_itch50(write_itch50_sample(tmp_path / "s.itch", messages=400, stocks=2))
    book = ReferenceBook(2)
    for end in range(0, day.commands.size, 97):
        book.apply(day.commands[end : end + 97])
        kept = book.snapshot().orders[["symbol", "order_id", "open_lots"]].tolist()
        wanted = left_open(day.commands[: end + 97])[["symbol", "order_id", "qty_lots"]].tolist()
        assert sorted(kept) == wanted


def test_a_book_that_lost_an_order_is_detected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Losing(ReferenceBook):
        """A book whose state lacks an order."""

        def snapshot(self) -> Snapshot:
            whole = super().snapshot()
            return dataclasses.replace(whole, orders=whole.orders[1:])

    monkeypatch.setattr(replay_itch, "make_book", lambda _, symbols: Losing(symbols))
    outcome = run_replay(write_itch50_sample(tmp_path / "s.itch", messages=200), core="reference", passes=1)
    failed = {check.name: check.counts for check in outcome.checks if not check.passed}
    assert failed.keys() == {"log-integrity", "books-hold-what-is-left"}
    assert failed["books-hold-what-is-left"]["differing"] == 1


GOOD = framed(message("S", 0, 5, b"O"), add(1, "B", 10, 100), add(2, "S", 10, 200))


@pytest.mark.parametrize(
    ("data", "place", "reason"),
    [
        (b"", "day.itch", "empty"),
        (GOOD[:-1], "day.itch:3", "truncated frame"),
        (GOOD + b"\0", "day.itch:4", "truncated frame"),
        (GOOD + b"\0\x24", "day.itch:4", "truncated frame"),
        (GOOD + b"\0\x24A", "day.itch:4", "truncated frame"),
        (GOOD + b"\0\x24Z" + bytes(40), "day.itch:4", "unknown message type"),
        (GOOD + b"\0\x25" + add(3, "B", 1, 1), "day.itch:4", "length must be 36 for type A"),
        (GOOD + framed(add(3, "B", 1, 1, time_ns=4)), "day.itch:4", "time decreases"),
        (GOOD + framed(add(3, "B", 1, 1, time_ns=86_400 * 10**9)), "day.itch:4", "beyond the day"),
        (
            GOOD + framed(add(3, "B", 1, 1, time_ns=86_400 * 10**9), add(4, "B", 1, 1)),
            "day.itch:4",
            "beyond the day",
        ),
        (GOOD + framed(add(3, "X", 1, 1)), "day.itch:4", "side must be B or S"),
        (GOOD + framed(add(3, "B", 0, 1)), "day.itch:4", "number of shares"),
        (GOOD + framed(add(3, "B", 2**31, 1)), "day.itch:4", "number of shares"),
        (gzip.compress(GOOD, mtime=0)[:-9], "day.itch", "truncated gzip file"),
        (gzip.compress(GOOD, mtime=0)[:10] + b"\x07" * 40, "day.itch", "the gzip file is damaged"),
        (gzip.compress(GOOD, mtime=0)[:-8] + bytes(8), "day.itch", "CRC error"),
        (gzip.compress(framed(message("I", 0, 5)) * 330_000, mtime=0), "day.itch", "unpacks to more"),
    ],
)
def test_malformed_files_are_rejected_with_the_frame(
    tmp_path: Path, data: bytes, place: str, reason: str
) -> None:
    with pytest.raises(FeedError, match=reason) as caught:
        read(tmp_path, data)
    assert str(caught.value).startswith(f"{tmp_path / place}: ")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match="cannot be read"):
        read_itch50(tmp_path / "nowhere.itch")
    assert not is_itch50(tmp_path / "nowhere.itch")


@pytest.mark.parametrize("data", [b"", b"ab", b"34200.1,1,2", b"PK\x03\x04", b"\x1f\x8bnonsense"])
def test_other_files_are_not_detected_as_itch(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    assert not is_itch50(tmp_path / "x")
