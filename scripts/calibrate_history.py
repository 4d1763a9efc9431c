"""False alarms and detections of the change points of a history, on made-up series.

    python scripts/calibrate_history.py                        1,000 series of 200 points a row, then shorter ones
    python scripts/calibrate_history.py --seeds 1 2 3          the same for several seeds
    python scripts/calibrate_history.py --otava VENV/bin/python   Apache Otava on the same series beside it
    python scripts/calibrate_history.py --json history.json    the figures as JSON as well

Otava pins an old NumPy and is no dependency: `--otava` names the Python of an environment that has it.
A change counts as found within five points, in series of up to 40 points within one. An alarm is any step reported elsewhere.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from obrelease.analysis.history.change_points import find_changes
from obrelease.analysis.statistics.exact_log import Floats, exact_exp
from obrelease.analysis.statistics.random_stream import RandomStream

POINTS = 200
NEAR = 5
OTAVA = """
import json, sys
from otava.analysis import compute_change_points
for series in json.load(open(sys.argv[1])):
    found, _ = compute_change_points(series, window_len=50, max_pvalue=0.001, min_magnitude=float(sys.argv[2]))
    print(json.dumps([int(point.index) for point in found]))
"""
Steps = list[list[int]]


@dataclass(frozen=True)
class Case:
    """One kind of series: logs of its points, and where its level changes.

    Attributes:
        make: from a stream of random numbers to float64 [POINTS], or fewer.
        near: a step this many points from a change is that change.
    """

    name: str
    make: Callable[[RandomStream], Floats]
    changes: tuple[int, ...] = ()
    near: int = NEAR


@dataclass(frozen=True)
class Row:
    """Shares of all series in percent: any step elsewhere, changes found, drifts reported."""

    name: str
    seed: int
    alarm: float
    found: float | None
    drift: float


def independent(stream: RandomStream) -> Floats:
    """Independent noise of sd 1 %."""
    return stream.normal((POINTS,)) * 0.01


def correlated(stream: RandomStream) -> Floats:
    """AR(0.5), sd 1 %."""
    shocks = stream.normal((POINTS,)) * 0.01
    values = shocks.copy()
    for at in range(1, POINTS):
        values[at] = 0.5 * values[at - 1] + math.sqrt(0.75) * shocks[at]
    return values


def spiky(stream: RandomStream) -> Floats:
    """Independent noise of sd 1 %, 2 % of the points 1.3 times as large."""
    values = independent(stream)
    values[stream.uniform((POINTS,)) < 0.02] += math.log(1.3)
    return values


def with_step(noise: Callable[[RandomStream], Floats], percent: float, begin: int, end: int = POINTS):
    """Noise with one stretch on another level."""

    def make(stream: RandomStream) -> Floats:
        values = noise(stream)
        values[begin:end] += math.log(1 + percent / 100)
        return values

    return make


CASES = (
    Case("no change, independent", independent),
    Case("no change, AR(0.5)", correlated),
    Case("no change, spikes", spiky),
    Case("drift of 5 %", lambda stream: independent(stream) + np.linspace(0, math.log(1.05), POINTS)),
    Case("+2 % in the middle", with_step(independent, 2, POINTS // 2), (POINTS // 2,)),
    Case("+5 % for 50 points, sd 3 %", with_step(lambda s: 3 * independent(s), 5, 75, 125), (75, 125)),
    Case("+2 % five points before the end", with_step(independent, 2, POINTS - 5), (POINTS - 5,)),
    Case("the same, AR(0.5)", with_step(correlated, 2, POINTS - 5), (POINTS - 5,)),
)


def short(points: int) -> tuple[Case, ...]:
    """Series of `points` points: without a change, and with a step in their middle."""
    middle = points // 2

    def case(name: str, make: Callable[[RandomStream], Floats], *changes: int) -> Case:
        return Case(f"{points} points, {name}", lambda stream: make(stream)[:points], changes, near=1)

    return (
        case("independent", independent),
        case("AR(0.5)", correlated),
        case("spikes", spiky),
        case("+3 % in the middle", with_step(independent, 3, middle), middle),
        case("+5 % in the middle", with_step(independent, 5, middle), middle),
        case("+15 % in the middle", with_step(independent, 15, middle), middle),
        case("+15 %, AR(0.5)", with_step(correlated, 15, middle), middle),
    )


SHORT = tuple(case for points in (12, 20, 40) for case in short(points))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--otava", metavar="PYTHON")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    tables: dict[str, list[Row]] = {"obrelease": []}
    print("| series | seed | alarm | found | drift |\n|--|--:|--:|--:|--:|")
    for seed in options.seeds:
        for case in (*CASES, *SHORT):
            series = make_series(case, seed, options.series)
            found, drifts = ours(series)
            report(tables["obrelease"], row(case, seed, found, drifts))
            for magnitude in (0.0, 0.02) if options.otava else ():
                name = f"Otava, least magnitude {magnitude:.0%}"
                theirs = otava(options.otava, series, magnitude)
                report(tables.setdefault(name, []), row(case, seed, theirs, 0), name)
    print(f"\n10,000 points x 5 metrics: {long_series_s():.2f} s on this machine")
    if options.json:
        rows = {name: [asdict(each) for each in table] for name, table in tables.items()}
        options.json.write_text(json.dumps({"series": options.series, "tables": rows}, indent=1) + "\n")


def make_series(case: Case, seed: int, count: int) -> list[list[float]]:
    """Values around 100, the same for a seed on every machine."""
    stream = RandomStream(seed, case.name)
    return [(100 * exact_exp(case.make(stream))).tolist() for _ in range(count)]


def ours(series: Sequence[Sequence[float]]) -> tuple[Steps, int]:
    """The steps of each series, and how many series show a drift."""
    steps, drifts = [], 0
    for values in series:
        changes = find_changes(values)
        assert changes is not None
        steps.append([step.index for step in changes.steps])
        drifts += bool(changes.drifts)
    return steps, drifts


def otava(python: str, series: Sequence[Sequence[float]], magnitude: float) -> Steps:
    """The change points that Apache Otava reports with its default window and p-value."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(series, file)
        file.flush()
        done = subprocess.run(
            [python, "-c", OTAVA, file.name, str(magnitude)], capture_output=True, text=True, check=True
        )
    return [json.loads(line) for line in done.stdout.splitlines()]


def row(case: Case, seed: int, found: Steps, drifts: int) -> Row:
    """Count alarms and hits."""
    alarms = sum(any(not _near(at, case.changes, case.near) for at in steps) for steps in found)
    hits = sum(_near(change, steps, case.near) for steps in found for change in case.changes)
    share = 100 / len(found)
    return Row(
        case.name,
        seed,
        alarms * share,
        hits * share / len(case.changes) if case.changes else None,
        drifts * share,
    )


def report(table: list[Row], each: Row, tool: str = "") -> None:
    """Add a row to a table and print it."""
    table.append(each)
    found = "" if each.found is None else f"{each.found:.1f} %"
    name = f"{each.name} ({tool})" if tool else each.name
    print(f"| {name} | {each.seed} | {each.alarm:.1f} % | {found} | {each.drift:.1f} % |", flush=True)


def long_series_s() -> float:
    """Seconds for five series of 10,000 points with nine steps each."""
    stream = RandomStream(7, "long")
    rows = []
    for _ in range(5):
        values = stream.normal((10_000,)) * 0.01
        values += math.log(1.02) * (np.arange(10_000) // 1000 % 2)
        rows.append(exact_exp(values).tolist())
    start = time.perf_counter()
    for values in rows:
        find_changes(values)
    return time.perf_counter() - start


def _near(at: int, others: Sequence[int], near: int) -> bool:
    return any(abs(at - other) <= near for other in others)


if __name__ == "__main__":
    sys.exit(main())
