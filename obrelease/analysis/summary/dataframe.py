"""Runs and their metrics as pandas data frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pandas as pd

from obrelease.analysis.summary.key_figures import latency_figures, measures, throughput_figures
from obrelease.analysis.summary.run import Run

RunsFrame = pd.DataFrame
"""What `runs_frame` returns, by a name that other packages may import."""

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
"""The columns of `runs_frame` and their dtypes, all nullable; `created_ns` counts from 1970."""

METRIC_COLUMNS: Final = {
    "digest": "string",
    "metric": "string",
    "unit": "string",
    "direction": "string",
    "value": "Float64",
    "samples": "Int64",
}
"""The columns of `metrics_frame` and their dtypes; `direction` is `lower` or `higher`, the better values."""


def runs_frame(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per run, columns `RUN_COLUMNS`, and `created`, the same instant as a UTC timestamp.

    `created` is missing for instants that a timestamp cannot hold.

    Args:
        rows: registry entries as `Entry.as_json` gives them; other keys are ignored.
    """
    exact = [{**row, "created_ns": int(row["created_ns"])} for row in rows]
    frame = pd.DataFrame(exact, columns=list(RUN_COLUMNS)).astype(RUN_COLUMNS)
    return frame.assign(created=pd.to_datetime(frame["created_ns"], unit="ns", utc=True, errors="coerce"))


def metrics_frame(runs: Iterable[Run]) -> pd.DataFrame:
    """One row per figure of a run, columns `METRIC_COLUMNS`: the figures that `list` and release notes have.

    `value` is in `unit`: the median over the samples of a metric, or a percentile of a latency
    histogram. `samples` is the number of samples or of recorded latencies. Names are those of
    comparisons, such as `throughput` and `service-latency p99`.
    """
    rows = [
        (run.digest, figure.metric, figure.unit, figure.direction, figure.value, figure.samples)
        for run in runs
        for figure in (*throughput_figures(run), *latency_figures(run), *measures(run))
    ]
    return pd.DataFrame(rows, columns=list(METRIC_COLUMNS)).astype(METRIC_COLUMNS)
