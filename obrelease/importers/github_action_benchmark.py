"""The history of github-action-benchmark (`dev/bench/data.js`): one run for each suite and commit, in
commit order.

Format: src/write.ts and src/default_index_html.ts of github.com/benchmark-action/github-action-benchmark.
The file is a script that sets `window.BENCHMARK_DATA`; `external-data-json-path` writes the same value as
plain JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from obrelease.importers.benches import add_bench, has_combined_unit
from obrelease.importers.history_runs import runs_with_results
from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import Node
from obrelease.importers.json_stream import read_stream
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.time_units import parse_date_ns
from obrelease.importers.tool_run import Direction, ToolRun
from obrelease.models.artefact import Scalar

_SCRIPT: Final = re.compile(r"\s*window\.BENCHMARK_DATA\s*=\s*")
_BY_UNIT: Final = re.compile(r" - \S+\Z")
_DIRECTIONS: Final[dict[str, Direction]] = {
    "benchmarkjs": "higher",
    "pytest": "higher",
    "customBiggerIsBetter": "higher",
    "customSmallerIsBetter": "lower",
}
"""Tools whose rows all have one direction; rows of the others have that of their unit."""


def _matches(head: FileHead) -> bool:
    return head.begins_with(_SCRIPT.pattern) or head.has_json("lastUpdate", "repoUrl", "entries")


def _read(source: Source) -> Iterator[ToolRun]:
    """The runs that have results, by time of their commit, then by time of measurement."""
    document = _document(source)
    repository = document.optional_text("repoUrl")
    runs = [
        (_order(entry), suite, entry)
        for suite, entries in document.member("entries").members()
        for entry in entries.items()
    ]
    if not runs:
        raise source.error("has no entry: nothing was ever stored in it")
    runs.sort(key=lambda run: run[0])
    yield from runs_with_results(_run(suite, entry, repository) for _, suite, entry in runs)


def _document(source: Source) -> Node:
    text = source.text()
    if begin := _SCRIPT.match(text):
        text = text[begin.end() :].rstrip().removesuffix(";")
    data = text.encode("utf-8", "backslashreplace")
    return Node(
        read_stream(lambda: BytesIO(data), len(data), source.place, keep="last").value, f"{source.place}: $"
    )


def _order(entry: Node) -> tuple[int, int]:
    commit = entry.object_or_empty("commit")
    measured = _date_ns(entry) or 0
    return parse_date_ns(commit.optional_text("timestamp") or "") or measured, measured


def _date_ns(entry: Node) -> int | None:
    milliseconds = entry.optional_number("date")
    return int(milliseconds) * 10**6 if milliseconds is not None and 0 <= milliseconds < 1e13 else None


def _run(suite: str, entry: Node, repository: str | None) -> ToolRun:
    tool = entry.optional_text("tool") or "custom"
    commit = entry.object_or_empty("commit")
    rows = MetricRows()
    parameters: dict[str, Scalar] = {}
    benches = list(entry.member("benches").items())
    combined = {bench.member("name").text() for bench in benches if has_combined_unit(bench)}
    for bench in benches:
        if _BY_UNIT.sub("", bench.member("name").text()) in combined and not has_combined_unit(bench):
            continue  # newer versions store the values of a row of Go once more, each in a row of its own
        if extra := add_bench(rows, bench, _DIRECTIONS.get(tool)):
            parameters[f"extra: {extra[0]}"] = extra[1]
    labels: dict[str, Scalar] = {"tool": tool}
    if subject := (commit.optional_text("message") or "").partition("\n")[0]:
        labels["commit-subject"] = subject
    if repository:
        labels["repository"] = repository
    return ToolRun(
        tool="github-action-benchmark",
        tool_version=None,
        title=suite,
        metrics=rows.metrics(),
        left_out=rows.left_out,
        parameters=parameters,
        labels=labels,
        commit=commit.optional_text("id"),
        created_ns=_date_ns(entry),
        part=_part(suite, entry, repository),
    )


def _part(suite: str, entry: Node, repository: str | None) -> bytes:
    """A history with this entry alone."""
    document: dict[str, Any] = {
        "lastUpdate": entry.value.get("date") if isinstance(entry.value, dict) else None,
        "repoUrl": repository or "",
        "entries": {suite: [entry.value]},
    }
    return (
        json.dumps(document, ensure_ascii=False, indent=1, default=list).encode("utf-8", "backslashreplace")
        + b"\n"
    )


IMPORTER: Final = Importer(
    name="github-action-benchmark",
    title="history of github-action-benchmark, data.js",
    matches=_matches,
    read=_read,
)
