"""Times replays: a LOBSTER day with its checks, and an ITCH file from bytes to books, beside plain Python.

Usage::

    python scripts/bench_replay.py [--lobster FILE] [--itch FILE] [--copies N] [--repeats N] [--json]

Without `--itch` a file is made: `--copies` symbols' worth of seeded flow, told as ITCH 5.0. Repeats
of all contenders are interleaved; medians, the spread and the ratio to plain Python are printed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from obengine.cores import NATIVE, make_book, names
from obengine.feeds.itch50 import read_itch50
from obengine.feeds.itch50_frames import read_frames
from obengine.feeds.itch50_layout import LENGTHS
from obengine.feeds.itch50_sample import write_itch_sample
from obengine.harness.clock import now_ns
from obengine.harness.replay import run_replay


def plain_python(path: Path) -> int:
    """Books of all symbols by dictionaries, a message at a time; the number of messages."""
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


def whole_way(path: Path, core: str) -> int:
    """Bytes to books of all symbols; the number of messages."""
    day = read_itch50(path)
    make_book(core, max(len(day.symbols), 1)).apply(day.commands)
    return sum(day.counts.values())


def contenders(path: Path) -> dict[str, Callable[[], int]]:
    """What is timed over an ITCH file; each gives the number of messages."""
    ways: dict[str, Callable[[], int]] = {
        "plain Python": lambda: plain_python(path),
        "frames only": lambda: read_frames(path).starts.size,
        "decode": lambda: sum(read_itch50(path).counts.values()),
    }
    for core in names():
        ways[f"decode and {core} books"] = lambda core=core: whole_way(path, core)  # type: ignore[misc]
    return ways


def timed(ways: dict[str, Callable[[], int]], repeats: int) -> dict[str, dict[str, float]]:
    """Interleaved repeats: median and range in million messages a second, and the ratio to the first."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            start = now_ns()
            messages = way()
            rates[name].append(messages * 1e3 / (now_ns() - start))
    first = median(next(iter(rates.values())))
    return {
        name: {
            "median_m_msg_s": round(median(each), 3),
            "least_m_msg_s": round(min(each), 3),
            "most_m_msg_s": round(max(each), 3),
            "ratio": round(median(each) / first, 2),
        }
        for name, each in rates.items()
    }


def lobster_day(path: Path, repeats: int) -> dict[str, Any]:
    """Wall time of a day's replay, all checks included, with one pass on the fastest core."""
    core = NATIVE if NATIVE in names() else names()[0]
    walls = []
    for _ in range(repeats):
        start = now_ns()
        outcome = run_replay(path, core=core, passes=1)
        walls.append((now_ns() - start) / 1e9)
    return {
        "core": core,
        "commands": outcome.workload.messages,
        "median_s": round(median(walls), 3),
        "least_s": round(min(walls), 3),
        "most_s": round(max(walls), 3),
        "checks_passed": all(check.passed for check in outcome.checks),
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
            itch = write_itch_sample(Path(scratch) / "made.itch", messages=50_000, stocks=given.copies)
        found["itch"] = timed(contenders(itch), given.repeats)
        if given.lobster is not None:
            found["lobster"] = lobster_day(given.lobster, given.repeats)
    if given.json:
        sys.stdout.write(json.dumps(found, indent=2, sort_keys=True) + "\n")
        return 0
    for name, row in found["itch"].items():
        told = f"{row['median_m_msg_s']:8.3f} M msg/s  ({row['least_m_msg_s']} to {row['most_m_msg_s']})"
        print(f"{name:28} {told}  {row['ratio']:6.2f} x")
    if "lobster" in found:
        day = found["lobster"]
        told = f"{day['median_s']} s ({day['least_s']} to {day['most_s']}), {day['commands']:,} commands"
        print(f"LOBSTER day, {day['core']} core, checks included: {told}, checks {day['checks_passed']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
