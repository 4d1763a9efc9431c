"""Times replays: a LOBSTER day with its checks, and an ITCH file from bytes to books, beside plain Python.

A replay of a day, checks included, is: read and unpack the files, check every field, follow the window,
apply the commands to a book, and hold its touch against the file's after every row (`checked`). The whole
run (`run`) is that and all else `obrelease run replay` measures and proves: a warm-up and a second pass
whose events and state must agree, a pass timed message by message, the audit of the log and the book's
own depth asked at 500 rows. Files are read from the disk each time; wall and processor time are given.

Usage::

    python scripts/bench_replay.py [--lobster FILE] [--itch FILE] [--copies N] [--repeats N] [--json]

Without `--itch` a file is made: `--copies` symbols' worth of seeded flow, written as ITCH 5.0. Repeats
of all contenders are interleaved; medians, the spread and the ratio to plain Python are printed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time_ns
from typing import Any

from obengine.cores import NATIVE, core_names, make_book
from obengine.feeds.itch50 import read_itch50
from obengine.feeds.itch50_layout import LENGTHS
from obengine.feeds.itch50_sample import write_itch50_sample
from obengine.feeds.lobster import read_lobster
from obengine.harness.clock import now_ns
from obengine.harness.replay import run_replay
from obengine.harness.replay_lobster import touch_check
from obengine.harness.touch import touches_after


def plain_python(path: Path) -> int:
    """Books of all symbols by dictionaries, one message at a time; the number of messages."""
    data = path.read_bytes()
    orders: dict[tuple[int, int], list[int]] = {}
    at = messages = 0
    while at < len(data):
        start = at + 2
        code = data[start]
        locate = int.from_bytes(data[start + 1 : start + 3], "big")
        if code in b"AF":
            ref = int.from_bytes(data[start + 11 : start + 19], "big")
            orders[locate, ref] = [
                int.from_bytes(data[start + 20 : start + 24], "big"),
                int.from_bytes(data[start + 32 : start + 36], "big"),
                data[start + 19],
            ]
        elif code in b"ECXD":
            key = locate, int.from_bytes(data[start + 11 : start + 19], "big")
            order = orders.get(key)
            if order is not None:
                gone = order[0] if code == 68 else int.from_bytes(data[start + 19 : start + 23], "big")
                order[0] -= gone
                if order[0] <= 0:
                    del orders[key]
        elif code == 85:
            old = orders.pop((locate, int.from_bytes(data[start + 11 : start + 19], "big")), None)
            if old is not None:
                orders[locate, int.from_bytes(data[start + 19 : start + 27], "big")] = [
                    int.from_bytes(data[start + 27 : start + 31], "big"),
                    int.from_bytes(data[start + 31 : start + 35], "big"),
                    old[2],
                ]
        at = start + LENGTHS[chr(code)]
        messages += 1
    return messages


def native_books(path: Path) -> int:
    """Bytes to the books of all symbols by the compiled decoder alone; the number of messages."""
    from obengine.native.itch import ItchBooks

    end = ItchBooks().read(path.read_bytes())
    end.require_complete(str(path))
    return end.messages


def whole_way(path: Path, core: str) -> int:
    """Bytes to commands to an engine's books of all symbols; the number of messages."""
    day = read_itch50(path, core=core)
    make_book(core, max(len(day.symbols), 1)).apply(day.commands)
    return sum(day.counts.values())


def contenders(path: Path) -> dict[str, Callable[[], int]]:
    """What is timed over an ITCH file; each gives the number of messages."""
    ways: dict[str, Callable[[], int]] = {
        "plain Python": lambda: plain_python(path),
        "decode to commands": lambda: sum(read_itch50(path).counts.values()),
    }
    if NATIVE in core_names():
        ways["native decode and books"] = lambda: native_books(path)
    for core in core_names():
        ways[f"commands and {core} engine"] = lambda core=core: whole_way(path, core)  # type: ignore[misc]
    return ways


def timed(ways: dict[str, Callable[[], int]], repeats: int) -> dict[str, dict[str, float]]:
    """Interleaved repeats: million messages per second of wall and of processor time, and the ratio to the first.

    Repeats that the machine's clock of processor time is too coarse for count as one tick of it.
    """
    walls: dict[str, list[float]] = {name: [] for name in ways}
    busy: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            start, started = now_ns(), process_time_ns()
            messages = way()
            busy[name].append(messages * 1e3 / max(process_time_ns() - started, 1))
            walls[name].append(messages * 1e3 / (now_ns() - start))
    first = median(next(iter(busy.values())))
    return {
        name: {
            "wall_median_m_msg_s": round(median(walls[name]), 3),
            "processor_median_m_msg_s": round(median(each), 3),
            "processor_least_m_msg_s": round(min(each), 3),
            "processor_most_m_msg_s": round(max(each), 3),
            "ratio": round(median(each) / first, 2),
        }
        for name, each in busy.items()
    }


def checked_day(path: Path, core: str) -> bool:
    """Replay a day on a core; whether its touch is the file's after every row."""
    day = read_lobster(path, core=core)
    events = make_book(core).apply(day.commands)
    touches = touches_after(day.commands, events, day.row_end)
    return touch_check(day, touches).passed and not day.order_conflicts


def whole_run(path: Path, core: str) -> bool:
    """All that the command measures and proves, with one pass; whether every check passed."""
    return all(check.passed for check in run_replay(path, core=core, passes=1).checks)


def lobster_day(path: Path, repeats: int) -> dict[str, Any]:
    """Wall and processor time of a day's replay on each core, interleaved."""
    ways = {
        f"{what} {core}": partial(way, path, core)
        for what, way in (("checked", checked_day), ("run", whole_run))
        for core in core_names()
    }
    walls: dict[str, list[float]] = {name: [] for name in ways}
    busy: dict[str, list[float]] = {name: [] for name in ways}
    passed = True
    for _ in range(repeats):
        for name, way in ways.items():
            start, started = now_ns(), process_time_ns()
            passed &= way()
            busy[name].append((process_time_ns() - started) / 1e9)
            walls[name].append((now_ns() - start) / 1e9)
    return {
        "checks_passed": passed,
        "ways": {
            name: {
                "wall_median_s": round(median(walls[name]), 3),
                "wall_least_s": round(min(walls[name]), 3),
                "wall_most_s": round(max(walls[name]), 3),
                "processor_median_s": round(median(busy[name]), 3),
            }
            for name in ways
        },
    }


def main() -> int:
    """Time what was asked for and print it."""
    parser = argparse.ArgumentParser(description="Times replays of LOBSTER and ITCH 5.0 files.")
    parser.add_argument("--lobster", type=Path, help="a LOBSTER day: zip, folder or message file")
    parser.add_argument("--itch", type=Path, help="an ITCH 5.0 file, not in gzip")
    parser.add_argument("--copies", type=int, default=4, help="symbols of the made file, 1 to 4")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found: dict[str, Any] = {}
    with TemporaryDirectory(prefix="bench-replay-") as scratch:
        itch = given.itch
        if itch is None:
            itch = write_itch50_sample(Path(scratch) / "made.itch", messages=50_000, stocks=given.copies)
        found["itch"] = timed(contenders(itch), given.repeats)
        if given.lobster is not None:
            found["lobster"] = lobster_day(given.lobster, given.repeats)
    if given.json:
        sys.stdout.write(json.dumps(found, indent=2, sort_keys=True) + "\n")
        return 0
    for name, row in found["itch"].items():
        spread = f"({row['processor_least_m_msg_s']} to {row['processor_most_m_msg_s']})"
        rate = f"{row['processor_median_m_msg_s']:8.3f} M msg/s of processor time {spread}"
        print(f"{name:28} {rate}, {row['wall_median_m_msg_s']:.3f} of wall time, {row['ratio']:6.2f} x")
    if "lobster" in found:
        for name, row in found["lobster"]["ways"].items():
            wall = f"{row['wall_median_s']} s ({row['wall_least_s']} to {row['wall_most_s']})"
            print(f"LOBSTER day, {name:18} {wall}, processor {row['processor_median_s']} s")
        print(f"LOBSTER checks passed: {found['lobster']['checks_passed']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
