"""Runs and their metrics as data frames: typed, nullable and exact."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from obrelease.analysis.summary.dataframe import METRIC_COLUMNS, RUN_COLUMNS, metrics_frame, runs_frame
from obrelease.analysis.summary.read_run import read_run
from obrelease.models.artefact import own_series
from obrelease.registry.filter import Filter
from obrelease.registry.store import Registry
from tests.drafts import draft


def test_a_table_of_runs_is_exact_and_typed(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "results")
    registry.record(draft(1), [])
    registry.record(draft(2, created_ns=str(2**64 - 1), workload=None, outcome=None, parameters={}), [])
    entries = registry.find(Filter())
    frame = runs_frame(entry.as_json() for entry in entries)
    assert [*frame.columns] == [*RUN_COLUMNS, "created"]
    assert frame["created_ns"].tolist() == [2**64 - 1, 1_700_000_000_000_000_001]
    assert frame["digest"].tolist() == [entry.digest for entry in entries]
    assert frame["created"][1] == pd.Timestamp(1_700_000_000_000_000_001, tz="UTC")
    assert frame[["core", "workload", "messages", "events_digest", "created"]].isna().iloc[0].all()


def test_no_runs_are_an_empty_table() -> None:
    assert runs_frame([]).shape == (0, len(RUN_COLUMNS) + 1)
    assert metrics_frame([]).shape == (0, len(METRIC_COLUMNS))


def test_metrics_are_a_row_each_with_unit_and_direction(tmp_path: Path) -> None:
    imported = draft(
        kind="imported",
        metrics=(
            own_series("sort", "ms", (4.0, 2.0)),
            own_series("hits", "%", (90,)).model_copy(update={"direction": "higher"}),
        ),
        workload=None,
    )
    runs = [read_run(each, digest=name, folder=tmp_path) for name, each in (("a", draft()), ("b", imported))]
    frame = metrics_frame(runs)
    assert dict(frame.dtypes.astype(str)) == METRIC_COLUMNS
    assert frame.to_numpy().tolist() == [
        ["a", "throughput", "msg/s", "higher", 1_000_000.0, 3],
        ["b", "sort", "ms", "lower", 2.0, 2],
        ["b", "hits", "%", "higher", 90.0, 1],
    ]
