"""Runs and figures that try to break a text file between the registry and DuckDB."""

from __future__ import annotations

import json
from pathlib import Path

from obrelease.analytics.write_export import write_export
from obrelease.models.run_figures import FigureValue, RunFigures, SeriesKey
from obrelease.registry.entry import Entry
from obrelease.registry.figures.table import open_table

DIGESTS = ("aa" * 32, "aa" * 31 + "bb", "bb" * 32, "cc" * 32)
"""The first two have the same first 12 digits."""

NAMES = ('a "quoted", name', "two\nlines\r\n", "hits", "\N{GREEK SMALL LETTER MU}s \0 end")
"""Names of metrics, one for each run."""


def entry(root: Path, number: int) -> Entry:
    """The row of the index of a run; the last one is from the year 2554 and knows little of itself."""
    known = number < 3
    return Entry(
        digest=DIGESTS[number],
        kind="imported",
        scenario="demo",
        root=root,
        location=f"imported/demo/{DIGESTS[number][:12]}",
        created_ns=1_700_000_000_123_456_789 + number if known else 2**64 - 1,
        size_bytes=1_000 + number,
        core="native" if known else None,
        commit="ab" * 20 if known else None,
        dirty=number == 1 if known else None,
        workload=None,
        messages=None,
        events_digest=None,
        checks_failed=number if known else None,
    )


def figures(number: int) -> RunFigures:
    """Two figures: one that needs all digits of a double, and one without an interval."""
    made = entry(Path(), number)
    keys = [
        SeriesKey(
            "imported", "demo", "native", "0" * 12, "host", f"id-{number}", NAMES[number], "ns", "lower"
        ),
        SeriesKey(
            "imported", "demo", "native", "0" * 12, "host", "hits", "hits", "%", None, False, "g", "{}"
        ),
    ]
    return RunFigures(
        digest=made.digest,
        place="imported/demo",
        created_ns=made.created_ns,
        commit=made.commit,
        dirty=made.dirty,
        toolchain="clang 19",
        labels_json=json.dumps({"runner": 'ci, "large"'}),
        listed_json="{}",
        figures=(
            FigureValue(keys[0], 0.1 + 0.2 + number, 5e-324, 1.7976931348623157e308, 7),
            FigureValue(keys[1], 0.0, None, None, None),
        ),
    )


def make_export(folder: Path, root: Path) -> None:
    """An export of four runs; the third one has no figures. HOME must be a folder of the test."""
    with open_table(root) as table:
        table.add(figures(number) for number in (0, 1, 3))
        write_export(folder, (entry(root, number) for number in range(4)), table)
