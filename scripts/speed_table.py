#!/usr/bin/env python3
"""Writes the table of measured speed on docs/engine.md from recorded runs, so that no figure is typed.

usage: speed_table.py [--results DIR] [--write FILE]

The runs are those that scripts/measure_speed.sh recorded: of each title, the newest run and all others of its
commit and host. A figure is the median over the runs, with the smallest and the largest. Without --write the
table is printed; with it, the text between the two marks in FILE is replaced.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final

from obrelease.analysis.notes.markdown import code, table
from obrelease.analysis.summary.read_run import read_run
from obrelease.analysis.summary.run import Metric, Run
from obrelease.registry.store import Registry

TITLES: Final = ("engine and peers", "two threads", "engine benchmark")
"""The titles of the runs, as scripts/measure_speed.sh gives them."""

BEGIN: Final = "<!-- begin of the table that scripts/speed_table.py writes -->"
END: Final = "<!-- end of the table that scripts/speed_table.py writes -->"
_SCALES: Final = {
    "msg/s": ("M msg/s", 1e-6),
    "1/s": ("M/s", 1e-6),
    "ns": ("ns", 1.0),
    "ratio": ("times", 1.0),
}
_MOST_NS: Final = 100_000
_OWN_LOAD: Final = 1.0
"""What the measured program adds to the load average."""


def speed_table(results: Path) -> str:
    """The table in Markdown; empty if there are no such runs."""
    registry = Registry(results)
    entries = [entry for entry in registry.find() if entry.kind == "imported"] if results.is_dir() else []
    runs = [read_run(registry.load(entry), digest=entry.digest, folder=entry.folder) for entry in entries]
    parts = [_part([run for run in runs if run.artefact.title == title]) for title in TITLES]
    return "\n".join(part for part in parts if part)


def _part(runs: Sequence[Run]) -> str:
    """The rows of one title, and below them where they come from."""
    if not runs:
        return ""
    newest = max(runs, key=lambda run: (run.created_ns, run.digest))
    chosen = [run for run in runs if _source(run) == _source(newest)]
    rows = []
    for identity, metric in newest.metrics.items():
        if metric.direction is None and metric.unit != "ratio":
            continue
        values = [run.metrics[identity].value for run in chosen if identity in run.metrics]
        rows.append((metric.name.replace("|", "\\|"), *_figures(metric, values)))
    digests = ", ".join(code(run.digest[:12]) for run in sorted(chosen, key=lambda run: run.digest))
    host = newest.artefact.host.stable
    loads = [run.artefact.host.volatile.load_1m_milli for run in chosen]
    load = max((load for load in loads if load is not None), default=0) / 1000
    busy = ", a loaded machine" if load - _OWN_LOAD > host.cpu_count / 4 else ""
    commit = code(newest.commit[:9]) if newest.commit else "no commit"
    where = f"{host.cpu_model}, {host.cpu_count} processors, load up to {load:.1f}{busy}"
    return (
        table((newest.artefact.title, "median", "from", "to", "unit"), rows, numeric=(1, 2, 3))
        + f"\n\n{len(chosen)} runs of {commit} on {where}: {digests}.\n"
    )


def _source(run: Run) -> tuple[str | None, str | None]:
    return run.commit, run.artefact.host.name


def _figures(metric: Metric, values: Sequence[float]) -> tuple[str, str, str, str]:
    unit, scale = _SCALES.get(metric.unit, (metric.unit, 1.0))
    if unit == "ns" and median(values) >= _MOST_NS:
        unit, scale = "ms", 1e-6
    found = (f"{scale * value:,.4g}" for value in (median(values), min(values), max(values)))
    middle, low, high = found
    return middle, low, high, unit


def replaced(text: str, content: str) -> str:
    """The text with `content` between the marks.

    Raises:
        ValueError: the marks are missing, or there twice.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise ValueError(f"the file has not exactly one {BEGIN!r} and one {END!r}")
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{content}{END}{rest.partition(END)[2]}"


def main() -> int:
    """Print the table, or write it into a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=Path("results"), help="the recorded runs")
    parser.add_argument("--write", type=Path, help="the file whose table is replaced")
    options = parser.parse_args()
    found = speed_table(options.results)
    if not found:
        sys.stderr.write(f"error: {options.results}: no run that scripts/measure_speed.sh recorded\n")
        return 6
    if options.write is None:
        print(found, end="")
    else:
        options.write.write_text(replaced(options.write.read_text("utf-8"), found), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
