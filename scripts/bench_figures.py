"""The table of figures: how fast it is filled from runs, and how fast a history and a list are read from it.

Runs are made up: imported results of five metrics each, one commit each, in one scenario folder. Figures
are seconds of processor time, of child processes too, and of the clock.
usage: scripts/bench_figures.py [--runs N] [--metrics N]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from obrelease.api.list_runs import read_listed_runs
from obrelease.api.read_history import history
from obrelease.models.artefact import ENVELOPE_NAME, Producer, RecordedMetric
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.metric_identity import metric_id
from obrelease.registry.filter import Filter
from obrelease.registry.layout import run_location
from obrelease.registry.store import Registry
from obrelease.storage.hashing import digest_bytes
from tests.drafts import draft

FIRST_NS = 1_760_000_000_000_000_000
STEP_NS = 60_000_000_000
SAMPLES = 5


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


def measured(what: str, rows: int, action: Callable[[], object]) -> float:
    """Print one line; returns the seconds of processor time."""
    before, start = os.times(), time.perf_counter()
    action()
    wall, after = time.perf_counter() - start, os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    print(f"{what:44s}{rows:>10,d}{cpu:10.3f}{wall:10.3f}{rows / cpu if cpu else 0:14,.0f}", flush=True)
    return cpu


def main() -> None:
    """Make the runs in a temporary folder and print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=10_000)
    options.add_argument("--metrics", type=int, default=5)
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


if __name__ == "__main__":
    main()
