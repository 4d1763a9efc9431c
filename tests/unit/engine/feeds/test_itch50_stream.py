"""A part of an ITCH file: what is kept is what the whole day gives for those symbols and times."""

from __future__ import annotations

import gzip
import io
import os
import struct
import threading
from pathlib import Path

import numpy as np
import pytest

from obengine.api.errors import FeedError, WorkloadError
from obengine.api.messages import COMMAND, EventKind, Op, Side
from obengine.cores import make_book
from obengine.feeds.files import MAX_RATIO
from obengine.feeds.itch50 import ItchDay, read_itch50
from obengine.feeds.itch50_blocks import ItchBytes
from obengine.feeds.itch50_layout import LENGTHS
from obengine.feeds.itch50_sample import write_itch50_sample
from obengine.feeds.itch50_stream import ItchSelection, MessageSelector
from obengine.harness.outcome import CheckResult
from obengine.harness.replay import run_replay
from obengine.harness.selection import Selection
from obengine.reference.book import ReferenceBook

CORES = pytest.mark.parametrize("core", ["reference", "native"])


@pytest.fixture(scope="module", params=["day.itch", "day.itch.gz"])
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that no test changes."""
    folder = tmp_path_factory.mktemp("sample")
    return write_itch50_sample(folder / request.param, seed=4, messages=900, stocks=3)


def resting(day: ItchDay) -> dict[str, list[tuple[int, ...]]]:
    """The orders of each symbol after the day, in the order of their queues."""
    book = ReferenceBook(len(day.symbols))
    book.apply(day.commands)
    orders = book.snapshot().orders
    fields = ["side", "order_id", "price_ticks", "open_lots", "participant"]
    return {
        name: orders[fields][orders["symbol"] == symbol].tolist() for symbol, name in enumerate(day.symbols)
    }


def names(day: ItchDay) -> list[tuple[int, ...]]:
    """Orders with the names of their owners in place of numbers, which depend on what was read."""
    found = day.commands[["op", "side", "qty_lots", "order_id", "price_ticks", "participant"]].tolist()
    return [(*row[:-1], day.attributions[row[-1] - 1] if row[-1] else "") for row in found]


@CORES
def test_a_symbol_has_the_commands_that_it_has_in_the_whole_day(sample: Path, core: str) -> None:
    whole = read_itch50(sample)
    for symbol, name in enumerate(whole.symbols):
        part = read_itch50(sample, core=core, selection=ItchSelection((name,)))
        own = whole.commands["symbol"] == symbol
        assert part.symbols == (name,)
        assert len(part.commands) == own.sum()
        fields = ["op", "side", "qty_lots", "order_id", "price_ticks"]
        assert part.commands[fields].tolist() == whole.commands[own][fields].tolist()
        assert part.frames.tolist() == whole.frames[own].tolist()
        assert part.times_ns[1:].tolist() == whole.times_ns[own][1:].tolist()
        assert part.source == whole.source
        assert resting(part)[name] == [
            (*row[:-1], part_owner(whole, part, row[-1])) for row in resting(whole)[name]
        ]


def part_owner(whole: ItchDay, part: ItchDay, participant: int) -> int:
    return part.attributions.index(whole.attributions[participant - 1]) + 1 if participant else 0


@CORES
@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 1.0])
def test_a_book_that_starts_later_ends_as_that_of_the_whole_day(
    sample: Path, core: str, share: float
) -> None:
    whole = read_itch50(sample)
    start = int(np.quantile(whole.times_ns, share))
    part = read_itch50(sample, core=core, selection=ItchSelection(from_ns=start))
    later = whole.times_ns >= start
    later[: len(whole.symbols)] = False
    opening = (part.frames == 0) & (part.commands["op"] == Op.NEW)
    assert opening.sum() > (50 if share > 0.2 else -1)
    assert (part.times_ns[opening] == start).all()
    tail = len(names(whole)) - int(np.argmax(later)) if later.any() else 0
    assert names(part)[len(names(part)) - tail :] == names(whole)[len(names(whole)) - tail :]
    for name, orders in resting(whole).items():
        assert [row[:4] for row in resting(part)[name]] == [row[:4] for row in orders]


def test_an_end_time_cuts_after_its_last_message(sample: Path) -> None:
    whole = read_itch50(sample)
    end = int(whole.times_ns[len(whole.times_ns) // 2])
    part = read_itch50(sample, selection=ItchSelection(to_ns=end))
    assert part.frames.tolist() == whole.frames[whole.times_ns <= end].tolist()
    assert part.source == whole.source


@CORES
def test_both_cores_read_the_same_part(sample: Path, core: str) -> None:
    whole = read_itch50(sample)
    chosen = ItchSelection(whole.symbols[:2], int(np.quantile(whole.times_ns, 0.4)))
    slow, part = (read_itch50(sample, core=each, selection=chosen) for each in ("reference", core))
    assert part.commands.tobytes() == slow.commands.tobytes()
    assert (part.frames.tolist(), part.times_ns.tolist()) == (slow.frames.tolist(), slow.times_ns.tolist())
    assert (part.symbols, part.attributions, part.counts) == (slow.symbols, slow.attributions, slow.counts)


class Slow(io.BytesIO):
    """A stream that gives a few bytes at a time, as a pipe may."""

    block = 1 << 20

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or self.block, self.block))


def selected(data: bytes, selection: ItchSelection, block: int = 1 << 20) -> bytes:
    """The chosen messages of a stream."""
    stream = Slow(data)
    stream.block = block
    blocks = ItchBytes(stream, name="day", base="day")
    return b"".join(chunk.data for chunk in MessageSelector("day", selection).chunks(blocks))


@pytest.mark.parametrize("block", [1, 7, 50, 1000])
def test_messages_are_the_same_however_the_stream_is_cut(tmp_path: Path, block: int) -> None:
    data = write_itch50_sample(tmp_path / "day.itch", messages=60).read_bytes()
    assert selected(data, ItchSelection(), block) == data


def test_a_named_pipe_and_a_file_give_the_same(tmp_path: Path) -> None:
    data = write_itch50_sample(tmp_path / "day.itch", messages=300).read_bytes()
    pipe = tmp_path / "pipe.itch"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    piped = read_itch50(pipe)
    writer.join()
    stored = read_itch50(tmp_path / "day.itch")
    assert piped.commands.tobytes() == stored.commands.tobytes()
    assert piped.source.sha256 == stored.source.sha256


def test_a_symbol_that_is_not_there_is_named_with_those_that_are(sample: Path) -> None:
    there = read_itch50(sample).symbols
    with pytest.raises(FeedError, match=rf"no symbol NONE; it has {there[0]}, .*3 in all"):
        read_itch50(sample, selection=ItchSelection((there[0], "NONE")))


def test_a_time_without_messages_is_refused(sample: Path) -> None:
    with pytest.raises(FeedError, match=r"nothing is chosen of [\d,]+ messages"):
        read_itch50(sample, selection=ItchSelection(to_ns=1))


def altered(data: bytes, number: int, at: int, value: bytes) -> bytes:
    """Change bytes of a frame (from 1), counted from its type."""
    place = 0
    for _ in range(number - 1):
        place += 2 + LENGTHS[chr(data[place + 2])]
    place += 2 + at
    return data[:place] + value + data[place + len(value) :]


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (0, b"?", "unknown message type"),
        (-2, b"\0\7", "length must be"),
        (5, b"\xff\xff\xff", "time beyond the day"),
        (5, b"\0\0\0\0\0\1", "time decreases"),
    ],
)
@pytest.mark.parametrize("symbols", [(), ("NONE",)])
def test_a_bad_frame_is_named_by_its_number_even_if_it_is_not_chosen(
    tmp_path: Path, at: int, value: bytes, reason: str, symbols: tuple[str, ...]
) -> None:
    data = write_itch50_sample(tmp_path / "day.itch", messages=400).read_bytes()
    with pytest.raises(FeedError, match=reason) as caught:
        selected(altered(data, 211, at, value), ItchSelection(symbols), block=900)
    assert caught.value.line == 211


@pytest.mark.parametrize("cut", [1, 2, 3, 17])
def test_a_file_that_ends_in_a_frame_is_refused(tmp_path: Path, cut: int) -> None:
    path = write_itch50_sample(tmp_path / "day.itch", messages=50)
    count = read_itch50(path).frames.max()
    with pytest.raises(FeedError, match="truncated frame") as caught:
        selected(path.read_bytes()[:-cut], ItchSelection(), block=99)
    assert caught.value.line is not None
    assert caught.value.line >= count


def test_damaged_and_cut_gzip_files_and_bombs_are_refused(tmp_path: Path) -> None:
    data = write_itch50_sample(tmp_path / "day.itch", messages=200).read_bytes()
    packed = gzip.compress(data)
    for wrong in (packed[:-9], packed[:200], packed[:300] + b"\xff\0\xff" + packed[303:]):
        with pytest.raises(FeedError, match=r"damaged|truncated gzip file"):
            selected(wrong, ItchSelection())
    bomb = struct.pack(">H", 12) + b"S" + bytes(10) + b"O"
    with pytest.raises(FeedError, match=f"more than {MAX_RATIO} times"):
        selected(gzip.compress(bomb * 3_000_000, 9), ItchSelection())


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(FeedError, match="empty"):
        selected(b"", ItchSelection())


@CORES
def test_a_part_is_replayed_and_checked(sample: Path, core: str) -> None:
    whole = read_itch50(sample)
    start = int(np.quantile(whole.times_ns, 0.5))
    outcome = run_replay(
        sample, core=core, passes=1, selection=Selection((), whole.symbols[:1], start, start + 10**12)
    )
    assert all(check.passed for check in outcome.checks), outcome.checks
    with pytest.raises(WorkloadError, match="an ITCH file is one day"):
        run_replay(sample, core=core, passes=1, selection=Selection(("2026-01-05",)))


def test_books_can_be_compared_at_the_start(tmp_path: Path) -> None:
    """The opening book of `from` is the book of a day that ends just before it."""
    path = write_itch50_sample(tmp_path / "day.itch", seed=8, messages=600)
    whole = read_itch50(path)
    start = int(np.quantile(whole.times_ns, 0.6))
    before = read_itch50(path, selection=ItchSelection(to_ns=start - 1))
    after = read_itch50(path, selection=ItchSelection(from_ns=start, to_ns=start))
    book = make_book("reference", len(after.symbols))
    book.apply(after.commands[after.frames == 0])
    orders = book.snapshot().orders
    fields = ["side", "order_id", "price_ticks", "open_lots"]
    for symbol, name in enumerate(after.symbols):
        own = orders[fields][orders["symbol"] == symbol]
        assert own.tolist() == [row[:4] for row in resting(before).get(name, [])]


def complete(path: Path, selection: Selection | None = None) -> CheckResult:
    outcome = run_replay(path, core="native", passes=1, selection=selection or Selection())
    return next(check for check in outcome.checks if check.name == "file-is-complete")


def test_a_file_that_was_cut_between_two_frames_says_so(tmp_path: Path) -> None:
    path = write_itch50_sample(tmp_path / "day.itch", messages=300)
    assert complete(path).passed
    end = int(read_itch50(path).times_ns[200])
    assert complete(path, Selection(to_ns=end)).passed, "the end is known, though it is not chosen"
    late = complete(path, Selection(from_ns=23 * 3_600 * 10**9))
    assert late.passed, "the opening book follows the end of messages, and is no message of the file"
    assert late.counts == {"start-of-messages": 1, "end-of-messages": 1, "only-the-opening-book": 1}
    assert "nothing but the opening book is in the window" in late.detail
    assert "only-the-opening-book" not in complete(path, Selection(from_ns=end)).counts
    path.write_bytes(path.read_bytes()[: -2 - LENGTHS["S"]])
    assert not complete(path).passed
    assert not complete(path, Selection(from_ns=end)).passed
    assert "was cut" in complete(path).detail
    path.write_bytes(path.read_bytes()[2 + LENGTHS["S"] :])
    assert complete(path).passed
    assert complete(path).detail.startswith("a part of a day")


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    assert ItchSelection(from_ns=5, to_ns=5).from_ns == 5
    hour_ns = 3_600 * 10**9
    with pytest.raises(WorkloadError, match=r"before it starts: from 12:00:00 to 10:30:00\.5$"):
        ItchSelection(from_ns=12 * hour_ns, to_ns=21 * hour_ns // 2 + 5 * 10**8)


@CORES
def test_an_open_symbol_can_be_traded_against(tmp_path: Path, core: str) -> None:
    day = read_itch50(write_itch50_sample(tmp_path / "day.itch", messages=400), core=core)
    book = make_book(core, len(day.symbols))
    book.apply(day.commands)
    orders = book.snapshot().orders.size
    assert book.apply(day.open_symbols())["kind"].tolist() == [EventKind.STATE_CHANGED] * len(day.symbols)
    assert book.snapshot().orders.size == orders, "the book of the file is not crossed"
    asks = book.depth(Side.SELL, 1, 0)
    taker = np.zeros(1, COMMAND)
    taker["op"], taker["side"], taker["order_id"] = Op.NEW, Side.BUY, 2**60
    taker["qty_lots"], taker["price_ticks"] = 1, asks[0].price_ticks
    traded = book.apply(taker)
    assert EventKind.TRADED in traded["kind"].tolist()
