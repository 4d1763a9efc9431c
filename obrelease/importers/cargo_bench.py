"""Rust's `cargo bench`: the text of libtest, its JSON events, and criterion's `--output-format bencher`.

Format: library/test/src/formatters and bench.rs of github.com/rust-lang/rust. The time is the median of an
iteration, the deviation is the difference of the largest and the smallest sample.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import as_number
from obrelease.importers.measured_units import NANOSECONDS, MeasuredUnit, measured_unit
from obrelease.importers.metric_rows import MetricRows, parse_number
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun, part_name

_RESULT_LINE: Final = r"^test .+ \.\.\. bench:[ \t]+[\d.,]+ \S+ \(\+/- [\d.,]+\)"
_RESULT: Final = re.compile(
    r"test (?P<name>.+?)\s+\.\.\. bench:\s+(?P<value>[\d.,]+) (?P<unit>\S+) \(\+/- (?P<spread>[\d.,]+)\)"
    r"(?: = (?P<rate>[\d.,]+) MB/s)?\s*"
)
_NO_RESULT: Final = re.compile(r"test (.+?)\s+\.\.\. (FAILED|ignored|failed)(?:, .*)?\s*")
_TARGET: Final = re.compile(
    r"\s*Running (?:unittests )?(?:\S+ )?\(?(?:\S*[/\\])([\w-]+?)-(?:[0-9a-f]{16}|hash)(?:\.exe)?\)?\s*"
)
_EVENT: Final = r'^\{ ?"type": ?"(?:suite|test|bench)", ?"'
_BENCH_EVENT: Final = r'^\{ ?"type": ?"bench", ?"name"'
_MEGABYTES_PER_SECOND: Final = measured_unit("MB/s")


def _matches(head: FileHead) -> bool:
    return head.has_line(_RESULT_LINE) or head.has_line(_BENCH_EVENT)


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file; a benchmark of a target that the file names is `target::name`."""
    rows = MetricRows()
    target = ""
    for number, line in enumerate(source.lines(), 1):
        if running := _TARGET.fullmatch(line):
            target = f"{running[1]}::"
        elif result := _RESULT.fullmatch(line):
            _add_line(rows, source, number, target, result)
        elif failed := _NO_RESULT.fullmatch(line):
            if failed[2] != "ignored":
                rows.leave_out(target + failed[1], "failed")
        elif re.match(_EVENT, line):
            _add_event(rows, source, number, line)
    if not rows:
        raise source.error(
            "has no benchmark result",
            hint="lines such as `test NAME ... bench: 12 ns/iter (+/- 1)` are expected",
        )
    yield ToolRun(
        tool="cargo-bench",
        tool_version=None,
        title=source.stem,
        metrics=rows.metrics(),
        left_out=rows.left_out,
    )


def _add_line(rows: MetricRows, source: Source, number: int, target: str, line: re.Match[str]) -> None:
    value, spread = parse_number(line["value"]), parse_number(line["spread"])
    if value is None:
        raise source.error(f"line {number}: {line['value'][:40]!r} is no number")
    _add(rows, target + line["name"], measured_unit(line["unit"]), value, spread)
    if line["rate"] and (rate := parse_number(line["rate"])) is not None:
        name = part_name(target + line["name"], "throughput")
        rows.add_summary(name, _MEGABYTES_PER_SECOND, rate, "value", primary=False)


def _add_event(rows: MetricRows, source: Source, number: int, line: str) -> None:
    try:
        event: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise source.error(f"line {number}: is no JSON event of libtest") from None
    if not isinstance(event, dict) or not isinstance(name := event.get("name"), str):
        return
    if event.get("event") in {"failed", "timeout"}:
        rows.leave_out(name, str(event["event"]))
    if event.get("type") != "bench":
        return
    median = as_number(event.get("median"))
    if median is None:
        raise source.error(f"line {number}: 'median' is no number")
    _add(rows, name, NANOSECONDS, median, as_number(event.get("deviation")))
    if (rate := as_number(event.get("mib_per_second"))) is not None:
        rows.add_summary(part_name(name, "throughput"), _MEGABYTES_PER_SECOND, rate, "value", primary=False)


def _add(rows: MetricRows, name: str, unit: MeasuredUnit, value: float, spread: float | None) -> None:
    rows.add_summary(name, unit, value, "median", figures={"spread": spread})


IMPORTER: Final = Importer(
    name="cargo-bench",
    title="Rust, cargo bench with libtest",
    matches=_matches,
    read=_read,
    suffix=".txt",
    media_type="text/plain",
)
