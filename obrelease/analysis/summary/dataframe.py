"""Kept runs as a table for people who go on in pandas, and as a Parquet file where pyarrow is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import pandas as pd

from obrelease.errors import NotFound
from obrelease.storage.system_errors import storage_errors

RUN_COLUMNS: Final = {
    "digest": "string",
    "kind": "string",
    "scenario": "string",
    "path": "string",
    "created_ns": "UInt64",
    "size_bytes": "Int64",
    "core": "string",
    "commit": "string",
    "dirty": "boolean",
    "workload": "string",
    "messages": "Int64",
    "events_digest": "string",
    "checks_failed": "Int64",
}
"""The columns of a table of runs and their types, all of them nullable."""


def runs_frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per run, columns `RUN_COLUMNS` in that order, and `created` (UTC) from `created_ns`.

    Args:
        rows: entries as `Entry.as_json` gives them, such as `[e.as_json() for e in registry.find(where)]`.
    """
    held = [{**row, "created_ns": int(row["created_ns"])} for row in rows]
    frame = pd.DataFrame(held, columns=list(RUN_COLUMNS)).astype(RUN_COLUMNS)
    return frame.assign(created=pd.to_datetime(frame["created_ns"], unit="ns", utc=True, errors="coerce"))


def write_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as Parquet.

    Raises:
        NotFound: pyarrow is not installed.
        StorageError: the disk refused.
    """
    if find_spec("pyarrow") is None:
        raise NotFound(
            "Parquet files are written by pyarrow, which is not installed",
            hint="`pip install pyarrow`, or use CSV: `obrelease list --csv`",
        )
    with storage_errors(path):
        frame.to_parquet(path, index=False, engine="pyarrow")
