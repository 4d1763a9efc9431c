"""The export at a million runs: how long it takes, how large it is, and how fast SQL over it answers.

The index and the table of figures are made in full, by a generator; there are no run folders, because an
export opens none of runs that the table knows. Each run has one figure with its interval. Figures are
seconds of processor time, of child processes too, and of the clock.
usage: scripts/bench_export.py [--runs N]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from obrelease.api.export_results import export_parquet, query
from obrelease.models.run_figures import FigureValue, RunFigures, SeriesKey
from obrelease.registry.entry import Entry
from obrelease.registry.figures.table import open_table
from obrelease.registry.index.directory_stamps import read_directory_stamps
from scripts.bench_registry import made_up, make_index

HOSTS: Final = ("runner-a", "runner-b", "runner-c")
HOST_OF_COMMIT: Final = 7
CHUNK: Final = 50_000
BAR_BYTES: Final = 20_000_000
BAR_EXPORT_S: Final = 60.0
BAR_GROUP_BY_S: Final = 0.5
QUESTIONS: Final = {
    "group by scenario, core, host": (
        "SELECT scenario, core, machine, count(*), median(value) FROM figures GROUP BY ALL ORDER BY ALL"
    ),
    "trend of one scenario and core": (
        'SELECT "commit", min(created), median(value) FROM figures'
        " WHERE kind = 'bench' AND scenario = 'x100' AND core = 'native' GROUP BY ALL ORDER BY 2"
    ),
    "median by scenario and commit": (
        'SELECT scenario, "commit", median(value) FROM figures GROUP BY ALL ORDER BY ALL'
    ),
    "one run": "SELECT * FROM figures WHERE run = '{run}'",
}


def mixed(number: int) -> int:
    """A hash of 64 bits (the finaliser of MurmurHash3)."""
    number = (number ^ (number >> 33)) * 0xFF51AFD7ED558CCD & (2**64 - 1)
    number = (number ^ (number >> 33)) * 0xC4CEB9FE1A85EC53 & (2**64 - 1)
    return number ^ (number >> 33)


def figures_of(entry: Entry, number: int) -> RunFigures:
    """The figures of a made-up run: a latency in tenths of a nanosecond with 10 % of noise."""
    host = HOSTS[number // 1_000 % HOST_OF_COMMIT % len(HOSTS)]
    key = SeriesKey(
        entry.kind,
        entry.scenario,
        entry.core or "",
        "0" * 12,
        host,
        "latency-p99",
        "latency p99",
        "ns",
        "lower",
    )
    tenths = 50_000 + mixed(number) % 5_000
    value = FigureValue(key, tenths / 10, (tenths - 130) / 10, (tenths + 130) / 10, 30)
    return RunFigures(
        digest=entry.digest,
        place=f"{entry.kind}/{entry.scenario}",
        created_ns=entry.created_ns,
        commit=entry.commit,
        dirty=False,
        toolchain="clang 19.1.0, CPython 3.11.7",
        labels_json=json.dumps({"runner": host}),
        listed_json="{}",
        figures=(value,),
    )


def fill_table(root: Path, runs: int) -> None:
    """A table of figures that has every run of the index."""
    with open_table(root) as table:
        for first in range(0, runs, CHUNK):
            table.add(_some(root, first, min(first + CHUNK, runs)))
        for place, stamp in read_directory_stamps(root).items():
            table.complete(place, stamp.text, ())


def _some(root: Path, first: int, last: int) -> Iterator[RunFigures]:
    for number in range(first, last):
        yield figures_of(made_up(root, number), number)


def timed(what: str, action: Callable[[], Any], bar: str = "") -> tuple[Any, float]:
    """Print one line; what the action gave, and seconds by the clock."""
    before, start = os.times(), time.perf_counter()
    result = action()
    wall, after = time.perf_counter() - start, os.times()
    print(f"{what:44s}{sum(after[:4]) - sum(before[:4]):10.2f}{wall:10.2f}   {bar}", flush=True)
    return result, wall


def ask(export: Path, name: str, sql: str) -> None:
    """One question: the whole command's work, and DuckDB's own time (second of two executions)."""
    import duckdb

    from obrelease.analytics.query_sandbox import connect

    timed(f"query: {name}", lambda: query(sql, export=export))
    connection = connect(duckdb, str(export), 2**30)
    connection.execute(sql).fetchall()
    timed("  of which DuckDB", lambda: connection.execute(sql).fetchall(), f"bar {BAR_GROUP_BY_S} s")


def main() -> None:
    """Make the runs in a temporary folder and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=1_000_000)
    runs = options.parse_args().runs
    with tempfile.TemporaryDirectory() as top:
        os.environ["HOME"] = f"{top}/home"
        root, export = Path(top) / "results", Path(top) / "export"
        make_index(root, runs)
        fill_table(root, runs)
        print(f"{runs:,} runs\n{'':44s}{'cpu s':>10s}{'clock s':>10s}")
        report, _ = timed(
            "export", lambda: export_parquet(export, registry=root), f"bar {BAR_EXPORT_S:.0f} s"
        )
        assert (report.runs, report.figures) == (runs, runs), report
        for file in sorted(export.iterdir()):
            print(f"  {file.name:42s}{file.stat().st_size:14,d} bytes")
        print(f"  {'all':42s}{report.bytes:14,d} bytes   bar {BAR_BYTES:,d}")
        for name, sql in QUESTIONS.items():
            ask(export, name, sql.replace("{run}", made_up(root, runs // 2).digest[:12]))


if __name__ == "__main__":
    main()
