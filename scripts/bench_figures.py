"""The table of figures: how fast it is filled from runs, and how fast a history and a list are read from it.

Runs are made up: imported results of five metrics each, one commit each, in one scenario folder. Figures
are seconds of processor time, of child processes too, and of the clock. With `--rows`, a registry of so many
runs in forty scenario folders is asked too, whose index and table were made without folders.
usage: scripts/bench_figures.py [--runs N] [--metrics N] [--rows N]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from obrelease.analysis.summary.listed_figures import FIGURE_COLUMNS
from obrelease.api.figures import figures_table
from obrelease.api.list_runs import read_listed_runs
from obrelease.api.read_history import history
from obrelease.models.artefact import ENVELOPE_NAME, Producer, RecordedMetric
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.metric_identity import metric_id
from obrelease.models.run_figures import FigureValue, RunFigures, SeriesKey
from obrelease.registry.entry import Entry
from obrelease.registry.figures.table import open_table
from obrelease.registry.filter import Filter, parse_filter
from obrelease.registry.index.directory_stamps import read_directory_stamps
from obrelease.registry.layout import run_location
from obrelease.registry.store import Registry
from obrelease.storage.hashing import digest_bytes
from scripts.bench_registry import made_up, make_index
from tests.drafts import draft

FIRST_NS = 1_760_000_000_000_000_000
STEP_NS = 60_000_000_000
SAMPLES = 5
METRIC = "BM_Match/0"
ROWS_AT_ONCE = 10_000
REPEATS = 5


def envelopes(runs: int, metrics: int) -> Iterator[bytes]:
    """Envelopes of runs that differ in time, commit and samples."""
    names = [f"BM_Match/{number}" for number in range(metrics)]
    made = draft(
        0,
        kind="imported",
        scenario="demo",
        producer=Producer(name="google-benchmark", version="1.8", commit="0" * 40, dirty=False),
        parameters={},
        workload=None,
        outcome=None,
        metrics=tuple(
            RecordedMetric(id=metric_id(name, {}), name=name, unit="ns", direction="lower", samples=(1.5,))
            for name in names
        ),
    )
    value = made.model_dump(mode="json")
    for number in range(runs):
        value["created_ns"] = str(FIRST_NS + number * STEP_NS)
        value["producer"]["commit"] = f"{number:040x}"
        for at, metric in enumerate(value["metrics"]):
            metric["samples"] = [
                round(100 + at + (number * 7919 + pick * 104_729) % 1_000 / 1_000, 3)
                for pick in range(SAMPLES)
            ]
        yield canonical_bytes(value)


def make_runs(root: Path, runs: int, metrics: int) -> int:
    """Write the folders; returns the bytes of all envelopes."""
    total = 0
    for data in envelopes(runs, metrics):
        folder = root / run_location("imported", "demo", digest_bytes(data))
        folder.mkdir(parents=True)
        (folder / ENVELOPE_NAME).write_bytes(data)
        total += len(data)
    return total


def cpu_s() -> float:
    """Seconds of processor time of this process and of its children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def measured(what: str, rows: int, action: Callable[[], object], *, repeats: int = 1) -> None:
    """Print one line: the repeat that took the least processor time."""
    found = []
    for _ in range(repeats):
        before, start = cpu_s(), time.perf_counter()
        action()
        found.append((cpu_s() - before, time.perf_counter() - start))
    cpu, wall = min(found)
    print(f"{what:44s}{rows:>10,d}{cpu:10.3f}{wall:10.3f}{rows / cpu:14,.0f}", flush=True)


def made_up_figures(entry: Entry, metrics: int, number: int) -> RunFigures:
    """The figures of a run without a folder."""
    names = [f"BM_Match/{each}" for each in range(metrics)]
    values = [100.0 + (number * 7919 + at * 104_729) % 1_000 / 1_000 for at in range(metrics)]
    shown = dict.fromkeys(FIGURE_COLUMNS) | {"unstable": [], "title": entry.scenario}
    shown["measures"] = [{"name": name, "value": value} for name, value in zip(names, values, strict=True)]
    listed = {"figures": shown, "headline": [names[0], "ns", values[0]], "checks": None}
    return RunFigures(
        digest=entry.digest,
        place=f"{entry.kind}/{entry.scenario}",
        created_ns=entry.created_ns,
        commit=f"{number:040x}",
        dirty=False,
        toolchain="gcc 12",
        labels_json="{}",
        listed_json=json.dumps(listed | {"load_1m_milli": 250, "files": {}}),
        figures=tuple(
            FigureValue(
                SeriesKey(
                    entry.kind, entry.scenario, entry.core or "", "v", "lab", name, name, "ns", "lower"
                ),
                value,
                value - 0.5,
                value + 0.5,
                SAMPLES,
            )
            for name, value in zip(names, values, strict=True)
        ),
    )


def make_table(root: Path, rows: int, metrics: int) -> None:
    """Fill the table with the runs of the index that `bench_registry` makes."""
    with open_table(root) as table:
        for start in range(0, rows, ROWS_AT_ONCE):
            numbers = range(start, min(start + ROWS_AT_ONCE, rows))
            table.add([made_up_figures(made_up(root, number), metrics, number) for number in numbers])
        for place, stamp in read_directory_stamps(root).items():
            table.complete(place, stamp.text, ())


def measure_large(root: Path, rows: int, metrics: int) -> None:
    """A registry of many runs: the history of one metric, and lists of 50 and of 10,000 runs."""
    make_index(root, rows)
    make_table(root, rows, metrics)
    store = Registry(root)
    one = parse_filter("kind=bench", "scenario=x100", "core=native")
    in_series = rows // 80

    def points() -> object:
        with figures_table(store, kind="bench", scenario="x100") as table:
            number = next(
                number for number, key in table.series().items() if (key.core, key.name) == ("native", METRIC)
            )
            return list(table.points(number))

    def one_history() -> object:
        return history(METRIC, str(one), registry=root, repository=None)

    def listed(where: Filter, limit: int) -> object:
        return read_listed_runs(store.find(where, limit=limit), verify=False)

    print(f"{rows:,} runs of {metrics} metrics in the table")
    measured("points of one metric", in_series, points, repeats=REPEATS)
    measured("history of one metric", in_series, one_history, repeats=REPEATS)
    measured("list of 50 with figures", 50, lambda: listed(one, 50), repeats=REPEATS)
    measured("list of 10,000 with figures", 10_000, lambda: listed(Filter(), 10_000), repeats=REPEATS)


def main() -> None:
    """Make the runs in a temporary folder and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=10_000)
    options.add_argument("--metrics", type=int, default=5)
    options.add_argument("--rows", type=int, default=0)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as top:
        os.environ["HOME"] = f"{top}/home"
        root = Path(top) / "results"
        size = make_runs(root, given.runs, given.metrics)
        store = Registry(root)
        print(f"{given.runs:,} runs of {given.metrics} metrics, {size / given.runs:,.0f} bytes each")
        print(f"{'':44s}{'rows':>10s}{'cpu s':>10s}{'clock s':>10s}{'rows/cpu s':>14s}")
        measured("index", given.runs, store.reindex)
        entries = store.find(Filter())
        runs = given.runs

        def one_history() -> object:
            return history("BM_Match/0", registry=root, repository=None)

        measured("table filled, one history", runs, one_history)
        measured("one history from the table", runs, one_history)
        measured("list with figures", runs, lambda: read_listed_runs(entries, verify=False))
        measured("list with figures, hashed again", runs, lambda: read_listed_runs(entries))
        if given.rows:
            measure_large(Path(top) / "large", given.rows, given.metrics)


if __name__ == "__main__":
    main()
