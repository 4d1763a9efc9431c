"""Market data read by the native core is the day that plain Python reads; bad files, the same errors."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from obengine.api.errors import CoreUnavailable, FeedError
from obengine.feeds.itch50 import read_itch50
from obengine.feeds.itch50_sample import write_itch50_sample
from obengine.feeds.lobster import read_lobster
from obengine.feeds.lobster_sample import write_lobster_sample
from obengine.harness.replay import run_replay

DATA = Path(__file__).parents[2].parent / "shared" / "data"
REAL_LOBSTER = sorted(DATA.glob("LOBSTER_*.zip"))
REAL_ITCH = sorted(DATA.glob("*ITCH_50"))


def result_of(read: Callable[..., object], path: Path, core: str) -> dict[str, object] | str:
    """All fields of a day, arrays as their type and bytes; or the error in words."""
    try:
        day = read(path, core=core)
    except FeedError as error:
        return str(error)
    fields = {each.name: getattr(day, each.name) for each in dataclasses.fields(day)}  # type: ignore[arg-type]
    return {
        name: (value.dtype, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value
        for name, value in fields.items()
    }


def assert_alike(read: Callable[..., object], path: Path) -> dict[str, object] | str:
    """Both cores give the same; returns it."""
    slow, fast = (result_of(read, path, core) for core in ("reference", "native"))
    assert fast == slow
    return slow


@pytest.mark.parametrize(
    ("seed", "rows", "levels"), [(1, 1, 1), (2, 3_000, 1), (3, 3_000, 3), (4, 2_000, 10)]
)
def test_a_made_lobster_day(tmp_path: Path, seed: int, rows: int, levels: int) -> None:
    day = assert_alike(read_lobster, write_lobster_sample(tmp_path, seed=seed, rows=rows, levels=levels))
    assert isinstance(day, dict)


def test_real_files_where_they_are(tmp_path: Path) -> None:
    for path in [write_lobster_sample(tmp_path, rows=500), *REAL_LOBSTER]:
        assert isinstance(assert_alike(read_lobster, path), dict)
    for path in [write_itch50_sample(tmp_path / "made.itch", messages=500), *REAL_ITCH]:
        assert isinstance(assert_alike(read_itch50, path), dict)


NUMBERS = ("", "0", "-1", "1", "7", "5000", "x", "1.5", "9999999999", "-9999999999", "99999999999999999999")


def test_lobster_rows_altered_at_random(tmp_path: Path) -> None:
    """Fields that contradict, run out of range or are no numbers: one day or one error, whoever reads."""
    message = write_lobster_sample(tmp_path, seed=9, rows=120, levels=2)
    book = message.with_name(message.name.replace("message", "orderbook"))
    original = {path: path.read_text().splitlines() for path in (message, book)}
    chance = random.Random(11)
    days = errors = 0
    for _ in range(120):
        for path, lines in original.items():
            rows = list(lines)
            for _ in range(chance.randrange(3)):
                at = chance.randrange(len(rows))
                fields = rows[at].split(",")
                column = chance.randrange(1, len(fields))
                other = rows[chance.randrange(len(rows))].split(",")[column]
                fields[column] = chance.choice((other, other, other, chance.choice(NUMBERS)))
                rows[at] = ",".join(fields)
            path.write_text("\n".join(rows) + chance.choice(("\n", "", "\r\n", "\n\n")))
        found = assert_alike(read_lobster, message)
        days += isinstance(found, dict)
        errors += isinstance(found, str)
    assert days > 10
    assert errors > 10


@pytest.mark.parametrize(
    "row",
    ["34200.1234567891", "34200.10000000001", "34200", "34200.", ".5", "-1.5", "1e5", "34200.5 ", "86401"],
)
def test_times_that_are_not_plain(tmp_path: Path, row: str) -> None:
    message = write_lobster_sample(tmp_path, rows=1, levels=1)
    _, rest = message.read_text().split(",", 1)
    message.write_text(f"{row},{rest}")
    assert_alike(read_lobster, message)


@pytest.mark.parametrize(("seed", "messages", "stocks"), [(1, 1, 1), (2, 2_000, 2), (3, 3_000, 4)])
@pytest.mark.parametrize("name", ["day.itch", "day.itch.gz"])
def test_a_made_itch_file(tmp_path: Path, seed: int, messages: int, stocks: int, name: str) -> None:
    path = write_itch50_sample(tmp_path / name, seed=seed, messages=messages, stocks=stocks)
    assert isinstance(assert_alike(read_itch50, path), dict)


def test_itch_bytes_altered_at_random(tmp_path: Path) -> None:
    path = write_itch50_sample(tmp_path / "day.itch", seed=5, messages=60, stocks=2)
    original = path.read_bytes()
    chance = random.Random(12)
    days = errors = 0
    for _ in range(500):
        data = bytearray(original)
        for _ in range(chance.randrange(1, 3)):
            data[chance.randrange(len(data))] = chance.choice((0, 1, 2, 66, 83, 85, chance.randrange(256)))
        path.write_bytes(data[: chance.choice((len(data), len(data), chance.randrange(len(data))))])
        found = assert_alike(read_itch50, path)
        days += isinstance(found, dict)
        errors += isinstance(found, str)
    assert days > 50
    assert errors > 50


@pytest.mark.parametrize("end", [b"\0\0", b"\0", b"\0\0\0"])
def test_itch_files_that_end_oddly(tmp_path: Path, end: bytes) -> None:
    path = write_itch50_sample(tmp_path / "day.itch", messages=5)
    path.write_bytes(path.read_bytes() + end)
    assert isinstance(assert_alike(read_itch50, path), str)


def test_a_replay_gives_one_outcome_on_both_cores(tmp_path: Path) -> None:
    for path in (
        write_itch50_sample(tmp_path / "day.itch", messages=800),
        write_lobster_sample(tmp_path, rows=800),
    ):
        slow, fast = (run_replay(path, core=core, passes=1) for core in ("reference", "native"))
        assert fast.workload == slow.workload
        assert (fast.events_digest, fast.state_digest) == (slow.events_digest, slow.state_digest)
        timed = {"stability"}
        assert [c for c in fast.checks if c.name not in timed] == [
            c for c in slow.checks if c.name not in timed
        ]


@pytest.mark.parametrize("read", [read_lobster, read_itch50])
def test_an_unavailable_core_is_rejected(tmp_path: Path, read: Callable[..., object]) -> None:
    with pytest.raises(CoreUnavailable):
        read(tmp_path / "day", core="quantum")
