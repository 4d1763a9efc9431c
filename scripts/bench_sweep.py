#!/usr/bin/env python3
"""Measures what sweeps cost besides their measurements, in seconds of processor time.

    scripts/bench_sweep.py [--cells N] [--runs N]

Prints one line for each figure: the cost of a cell in a process that serves many, without the measurement
itself; the fixed cost of a process that serves a sweep; and the cost of one small `run bench` in a process of
its own, which draws its pictures.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "engine")]

SWEEP: Final = """\
format = "obrelease.sweep"
version = 1
name = "cost"
repeats = {repeats}
[bench]
scenarios = ["baseline"]
cores = ["native"]
messages = [200]
passes = 1
"""


def timed(function: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    """The function, with the processor time of each call added to a list."""

    def call(*arguments: Any, **keywords: Any) -> Any:
        start = process_time()
        try:
            return function(*arguments, **keywords)
        finally:
            spent.append(process_time() - start)

    return call


def cost_of_cells(folder: Path, cells: int) -> tuple[float, float]:
    """Processor seconds of a cell without its measurement, and of the measurement."""
    from obrelease.api.sweep_planning import plan_sweep
    from obrelease.api.sweep_running import run_sweep
    from obrelease.recorder import bench

    spent: list[float] = []
    bench.run_bench = timed(bench.run_bench, spent)
    (folder / "sweep.toml").write_text(SWEEP.format(repeats=cells), "utf-8")
    plan_sweep(folder / "sweep.toml", project=folder)
    start = process_time()
    report = run_sweep(folder / "sweep.toml", project=folder)
    total = process_time() - start
    assert report.done == len(spent) == cells
    assert not {"matplotlib", "pandas"} & sys.modules.keys()
    return (total - sum(spent)) / cells, statistics.median(spent)


def cost_of_process(folder: Path, *words: str) -> float:
    """Processor seconds of one command line in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    path = os.pathsep.join((str(ROOT), str(ROOT / "engine")))
    subprocess.run(
        [sys.executable, "-m", "obrelease", *words, "--quiet"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=100)
    parser.add_argument(
        "--runs", type=int, default=5, help="processes of each command line; the least counts"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        rest_s, measured_s = cost_of_cells(folder, options.cells)
        print(f"a cell besides its measurement   {1e3 * rest_s:7.1f} ms")
        print(f"its measurement                  {1e3 * measured_s:7.1f} ms")
        small = ("--messages", "200", "--passes", "1")
        for name, words in (
            ("--version", ("--version",)),
            ("sweep run, nothing left to do", ("sweep", "run")),
            ("run bench --no-pictures", ("run", "bench", *small, "--no-pictures")),
            ("run bench", ("run", "bench", *small)),
        ):
            least = min(cost_of_process(folder, *words) for _ in range(options.runs))
            print(f"{name:<32} {1e3 * least:7.1f} ms")


if __name__ == "__main__":
    main()
