"""k6's end-of-test summary: `--summary-export FILE`, the data of `handleSummary`, and the one of version 2.

Format: internal/js/summary-legacy.js, summary-wrapper.js and internal/lib/summary/machinereadable of
github.com/grafana/k6. Trends of time are milliseconds. The export names no types; the metrics of k6 itself
are known, and a trend of a script's own has no unit there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import Node, flat_scalars
from obrelease.importers.measured_units import (
    BYTES_PER_SECOND,
    COUNT,
    MILLISECONDS,
    OPERATIONS_PER_SECOND,
    MeasuredUnit,
)
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.time_units import parse_date_ns
from obrelease.importers.tool_run import ToolRun, part_name
from obrelease.models.artefact import Scalar

_BYTES: Final = MeasuredUnit("B", None)
_TRANSFER: Final = BYTES_PER_SECOND.directed(None)
_OCCURRENCES: Final = OPERATIONS_PER_SECOND.directed(None)
_SHARE: Final = MeasuredUnit("1", None)
_TIMES: Final = re.compile(r"(?:http_req|browser_http_req|iteration|group|ws|grpc_req|browser_web_vital)_\w+")
_PARTS_OF_A_REQUEST: Final = frozenset(
    {"http_req_blocked", "http_req_connecting", "http_req_tls_handshaking", "http_req_sending",
     "http_req_waiting", "http_req_receiving", "vus", "vus_max", "data_sent", "data_received"}
)  # fmt: skip
_COMPLETED: Final = frozenset({"http_reqs", "iterations", "grpc_streams_msgs_received", "ws_msgs_received"})
_FAILURES: Final = frozenset({"http_req_failed", "browser_http_req_failed", "dropped_iterations"})
_PERCENTILE: Final = re.compile(r"p\((\d+(?:\.\d+)?)\)")
_FIGURE_NAMES: Final = {"avg": "mean", "min": "minimum", "max": "maximum"}


def _matches(head: FileHead) -> bool:
    return _is_summary(head, "metrics.") or (
        head.has_json("results.metrics[].name", "results.metrics[].values", "metadata.k6Version")
    )


def _is_summary(head: FileHead, prefix: str) -> bool:
    marks = (
        "metrics.iterations",
        "metrics.http_reqs",
        "metrics.iteration_duration",
        "metrics.vus",
        "metrics.checks",
    )
    return any(head.has_json(mark) for mark in marks) and any(
        path.startswith(prefix) and path.endswith((".avg", ".rate", ".count", ".value"))
        for path in head.json_paths
    )


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file."""
    document = source.json()
    rows = MetricRows()
    if document.has("results"):
        for metric in document.member("results").member("metrics").items():
            _add_metric(rows, metric.member("name").text(), metric)
    else:
        for name, metric in document.member("metrics").members():
            _add_metric(rows, name, metric)
    if not rows and not rows.left_out:
        raise source.error("has no metric")
    metadata = document.object_or_empty("metadata")
    yield ToolRun(
        tool="k6",
        tool_version=metadata.optional_text("k6Version"),
        title=document.object_or_empty("config").optional_text("script") or source.stem,
        metrics=rows.metrics(),
        left_out=rows.left_out,
        parameters=_run_parameters(document),
        created_ns=parse_date_ns(metadata.optional_text("generatedAt") or ""),
    )


def _run_parameters(document: Node) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    if (duration := document.object_or_empty("config").optional_number("duration")) is not None:
        found["duration_s"] = duration
    state = document.object_or_empty("state")
    if (duration := state.optional_number("testRunDurationMs")) is not None:
        found["testRunDurationMs"] = duration
    return found | flat_scalars({"options": document.object_or_empty("options").value})


def _add_metric(rows: MetricRows, name: str, metric: Node) -> None:
    values = metric.optional("values") or metric
    figures = {key: number for key, node in values.members() if (number := node.finite()) is not None}
    base, contains = name.partition("{")[0], metric.optional_text("contains")
    primary = base not in _PARTS_OF_A_REQUEST
    if "avg" in figures or "med" in figures:
        _add_trend(
            rows, name, figures, _trend_unit(base, metric.optional_text("type"), contains), primary=primary
        )
    elif "count" in figures:
        _add_counter(rows, name, base, figures, contains, primary=primary)
    elif share := _share(figures):
        rows.add_summary(name, _direction_of_share(base), share[0], "value", primary=primary)
    elif "value" in figures:
        bounds = {"minimum": figures.get("min"), "maximum": figures.get("max")}
        unit = _BYTES if contains == "data" else MILLISECONDS.directed(None) if contains == "time" else COUNT
        rows.add_summary(name, unit, figures["value"], "value", figures=bounds, primary=primary)
    else:
        rows.leave_out(name, "has no figure that is known: none of avg, med, count, rate and value")


def _trend_unit(base: str, kind: str | None, contains: str | None) -> MeasuredUnit:
    if contains == "time" or (kind is None and contains is None and _TIMES.fullmatch(base)):
        return MILLISECONDS
    return _BYTES if contains == "data" else COUNT


def _add_trend(
    rows: MetricRows, name: str, figures: Mapping[str, float], unit: MeasuredUnit, *, primary: bool
) -> None:
    named = {_figure_name(key): value for key, value in figures.items() if key != "thresholds"}
    statistic = "med" if "med" in figures else "mean"
    value = named.pop(statistic)
    count = named.pop("count", None)
    rows.add_summary(
        name,
        unit,
        value,
        "median" if statistic == "med" else "mean",
        count=int(count) if count is not None else None,
        figures=named,
        primary=primary,
    )


def _figure_name(key: str) -> str:
    percentile = _PERCENTILE.fullmatch(key)
    return f"p{percentile[1]}" if percentile else _FIGURE_NAMES.get(key, key)


def _add_counter(
    rows: MetricRows,
    name: str,
    base: str,
    figures: Mapping[str, float],
    contains: str | None,
    *,
    primary: bool,
) -> None:
    is_data = contains == "data" or base in {"data_sent", "data_received"}
    count = _BYTES if is_data else COUNT
    if base in _FAILURES:
        count = count.directed("lower")
    if "rate" not in figures:
        rows.add_summary(name, count, figures["count"], "value", primary=primary)
        return
    rate = _TRANSFER if is_data else _OCCURRENCES
    if base in _COMPLETED:
        rate = OPERATIONS_PER_SECOND
    elif base in _FAILURES:
        rate = rate.directed("lower")
    rows.add_summary(name, rate, figures["rate"], "value", primary=primary)
    rows.add_summary(part_name(name, "count"), count, figures["count"], "value", primary=False)


def _share(figures: Mapping[str, float]) -> tuple[float] | None:
    """The share of a metric of type `rate`; the export calls it `value`, next to `passes` and `fails`."""
    if "rate" in figures:
        return (figures["rate"],)
    if "value" in figures and "passes" in figures:
        return (figures["value"],)
    return None


def _direction_of_share(base: str) -> MeasuredUnit:
    if base in _FAILURES:
        return _SHARE.directed("lower")
    return _SHARE.directed("higher") if base == "checks" else _SHARE


IMPORTER: Final = Importer(
    name="k6",
    title="k6, --summary-export and handleSummary",
    matches=_matches,
    read=_read,
    written_by="--summary-export FILE",
)
