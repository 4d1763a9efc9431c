"""Runs as a table: typed, nullable, exact; Parquet where pyarrow is there, and a named error where not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from obrelease.analysis.summary import dataframe
from obrelease.analysis.summary.dataframe import RUN_COLUMNS, runs_frame, write_parquet
from obrelease.errors import NotFound
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


def test_without_pyarrow_parquet_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataframe, "find_spec", lambda _: None)
    with pytest.raises(NotFound, match="pyarrow") as caught:
        write_parquet(runs_frame([]), tmp_path / "runs.parquet")
    assert "pip install pyarrow" in (caught.value.hint or "")
    assert not (tmp_path / "runs.parquet").exists()
