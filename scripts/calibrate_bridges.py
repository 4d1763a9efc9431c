"""False alarms and detections at a bridged break, on made-up histories.

    python scripts/calibrate_bridges.py            1,000 histories of 200 commits a row

The toolchain changes in the middle and makes everything 1.2 times as slow. One commit just before it is
measured six times on each side. An alarm is any step that the code did not make; a change at the break is
found if a step is reported within five commits of it.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from obrelease.analysis.history.metric_history import build_history
from obrelease.analysis.statistics.exact_log import Floats
from obrelease.analysis.statistics.random_stream import RandomStream
from obrelease.models.run_figures import FigurePoint, SeriesKey
from scripts import calibrate_history

COMMITS, BREAK, ANCHOR, RUNS, NEAR = 200, 100, 97, 6, 5
SERIES = SeriesKey("imported", "made-up", "", "", "host", "m", "m", "ns", "lower")
NOISE: dict[str, Callable[[RandomStream], Floats]] = {
    "independent": calibrate_history.independent,
    "AR(0.5)": calibrate_history.correlated,
    "spikes": calibrate_history.spiky,
}


def main() -> None:
    """Print a line for each kind of noise, and one for a change of the code at the break."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--histories", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=2)
    options = parser.parse_args()
    calibrate_history.POINTS = COMMITS + 2 * RUNS
    for name, percent in (("independent", 0), ("AR(0.5)", 0), ("spikes", 0), ("independent", 5)):
        stream = RandomStream(options.seed, f"bridge {name}")
        alarms = found = 0
        for _ in range(options.histories):
            steps = steps_of(NOISE[name](stream), 1 + percent / 100)
            near = [abs(step - BREAK) <= NEAR for step in steps]
            found += any(near)
            alarms += not all(near) or (bool(near) and not percent)
        share = 100 / options.histories
        print(f"{name}, +{percent} %: alarm {alarms * share:.1f} %, found {found * share:.1f} %", flush=True)


def steps_of(noise: Floats, code: float) -> list[int]:
    """The steps of one history; `code` is what the code makes of the values at the break."""
    order = {f"c{number}": number for number in range(COMMITS)}
    places = [(number, number >= BREAK, code if number >= BREAK else 1.0) for number in range(COMMITS)]
    places += [(ANCHOR, number % 2 == 1, 1.0) for number in range(2 * RUNS)]
    runs = [
        FigurePoint(
            digest=f"{at:064x}",
            created_ns=at,
            commit=f"c{commit}",
            dirty=False,
            toolchain="new" if is_new else "old",
            labels={},
            value=100 * math.exp(noise[at]) * factor * (1.2 if is_new else 1.0),
            low=None,
            high=None,
            samples=1,
        )
        for at, (commit, is_new, factor) in enumerate(places)
    ]
    return [step.index for step in build_history(SERIES, runs, order).steps]


if __name__ == "__main__":
    main()
