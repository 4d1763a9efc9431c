"""Runs and their metrics as pandas data frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from obrelease.analysis.summary.key_figures import latency_figures, measures, throughput_figures
from obrelease.analysis.summary.run import Run
from obrelease.errors import UsageError
from obrelease.models.run_figures import SeriesKey

RunsFrame = pd.DataFrame
"""What `runs_frame` returns, by a name that other packages may import."""

FACT_COLUMNS: Final = {
    "digest": "string",
    "kind": "string",
    "scenario": "string",
    "core": "string",
    "machine": "string",
    "variant": "string",
    "commit": "string",
    "dirty": "boolean",
    "created": "datetime64[ns, UTC]",
    "toolchain": "string",
    "labels": "string",
    "metric": "string",
    "metric_id": "string",
    "unit": "string",
    "direction": "string",
    "primary": "boolean",
    "metric_group": "string",
    "parameters": "string",
    "value": "Float64",
    "low": "Float64",
    "high": "Float64",
    "samples": "Int64",
}
"""The columns of `figures_frame`, those of `figures` in `query`; `labels` and `parameters` are JSON."""

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


def figures_frame(
    rows: Iterable[Mapping[str, Any]],
    known: Iterable[Sequence[object]],
    series: Mapping[int, SeriesKey],
    figures: Iterable[Sequence[object]],
) -> pd.DataFrame:
    """One row per figure of a run with the facts of the run, columns `FACT_COLUMNS`.

    Sorted by series, then by time. `low` and `high` are the 95 % interval of the median where the run has
    samples.

    Args:
        rows: registry entries as `Entry.as_json` gives them; figures of other runs are left out.
        known: number, digest, toolchain and labels of the runs in the table of figures.
        series: the series in it, by number.
        figures: number of the series and of the run, value, interval and count.
    """
    facts = runs_frame(rows)[["digest", "commit", "dirty", "created"]]
    numbers = pd.DataFrame(list(known), columns=["run", "digest", "toolchain", "labels"])
    keys = pd.DataFrame(
        [
            (
                number, key.kind, key.scenario, key.core, key.machine, key.variant, key.name, key.metric_id,
                key.unit, key.direction, key.primary, key.group, key.parameters,
            )
            for number, key in series.items()
        ],
        columns=[
            "series", "kind", "scenario", "core", "machine", "variant", "metric", "metric_id", "unit",
            "direction", "primary", "metric_group", "parameters",
        ],
    )  # fmt: skip
    values = pd.DataFrame(list(figures), columns=["series", "run", "value", "low", "high", "samples"])
    runs = facts.merge(numbers.astype({"digest": "string"}), on="digest")
    joined = values.merge(runs, on="run").merge(keys, on="series")
    ordered = joined.sort_values(["series", "created", "digest"], kind="stable", ignore_index=True)
    return ordered[list(FACT_COLUMNS)].astype(FACT_COLUMNS)


def to_arrow_table(frame: pd.DataFrame) -> Any:
    """A frame as a `pyarrow.Table`, without its index.

    Raises:
        UsageError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError:
        raise UsageError("Arrow tables need pyarrow", hint="pip install pyarrow") from None
    return pa.Table.from_pandas(frame, preserve_index=False)
