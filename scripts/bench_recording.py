"""Times what recording costs: the histogram of millions of latencies and the files, compared with the run itself.

Usage::

    python scripts/bench_recording.py [--latencies N] [--messages N] [--core NAME] [--repeats N] [--json]

A run of `--messages` is measured message by message. Its latencies are repeated up to `--latencies`
and recorded; the run's own time is scaled by as much. Recording should stay under a tenth of it.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.cores import core_names, make_book
from obengine.flow.baseline import STEADY, generate
from obengine.harness.clock import now_ns
from obengine.harness.measure import run_passes, time_messages
from obrelease.analysis.histograms.histogram import percentile_csv
from obrelease.analysis.plots.latency_curve import latency_curve
from obrelease.recorder.run_artefact import encode_histogram
from obrelease.storage.durable import NewFile, write_file

BAR_PERMILLE: Final = 100


def measured(messages: int, core: str) -> tuple[int, NDArray[np.int64]]:
    """Wall time in nanoseconds of a run that times every message, and its latencies."""
    commands = generate(STEADY, 42, messages).commands
    make = partial(make_book, core)
    expected = run_passes(commands, make, 0, None)
    start = now_ns()
    latencies = time_messages(commands, make, expected, None, limit=messages).latency_ns
    return now_ns() - start, latencies


def recorded(latencies_ns: NDArray[np.int64], folder: Path) -> dict[str, int]:
    """Nanoseconds of each step from latencies to files on the disk."""
    marks = [now_ns()]
    kept = encode_histogram("service-latency", "latency.hlog", latencies_ns, clock="service")
    marks.append(now_ns())
    table = NewFile("latency.csv", "text/csv", percentile_csv(kept.histogram))
    marks.append(now_ns())
    plot = latency_curve({"core": kept.histogram}, title="recording", clock="service")
    marks.append(now_ns())
    for file in (kept.file, table, NewFile("latency.svg", "image/svg+xml", plot)):
        write_file(folder / file.path, file.content)
    marks.append(now_ns())
    steps = ("histogram", "table", "plot", "disk")
    return {step: int(ns) for step, ns in zip(steps, np.diff(marks), strict=True)}


def main() -> int:
    """Measure, record, and print both times and their ratio."""
    parser = argparse.ArgumentParser(description="Times what recording a run costs.")
    parser.add_argument("--latencies", type=int, default=10_000_000)
    parser.add_argument("--messages", type=int, default=500_000)
    parser.add_argument("--core", default=core_names()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    costs: list[dict[str, int]] = []
    runs: list[int] = []
    for _ in range(given.repeats):
        wall_ns, latencies = measured(given.messages, given.core)
        runs.append(wall_ns * given.latencies // given.messages)
        with TemporaryDirectory(prefix="bench-recording-") as scratch:
            costs.append(recorded(np.resize(latencies, given.latencies), Path(scratch)))
    totals = [sum(cost.values()) for cost in costs]
    found = {
        "core": given.core,
        "latencies": given.latencies,
        "run_ms": round(median(runs) / 1e6),
        "recording_ms": round(median(totals) / 1e6),
        "share_permille": sorted(t * 1000 // run for t, run in zip(totals, runs, strict=True)),
        "steps_ms": {step: round(median(cost[step] for cost in costs) / 1e6, 1) for step in costs[0]},
        "within_bar": median(totals) * 1000 <= median(runs) * BAR_PERMILLE,
    }
    if given.json:
        sys.stdout.write(json.dumps(found, indent=2, sort_keys=True) + "\n")
        return 0
    print(f"run of {given.latencies:,} messages, {given.core} core: {found['run_ms']:,} ms")
    print(f"recording: {found['recording_ms']:,} ms, in thousandths of the run {found['share_permille']}")
    print(f"steps, ms: {found['steps_ms']}; under a tenth: {found['within_bar']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
