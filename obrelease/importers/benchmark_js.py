"""benchmark.js: the line that `String(event.target)` gives for each benchmark.

Format: `toStringBench` in benchmark.js of github.com/bestiejs/benchmark.js:
`name x 1,431,759 ops/sec ±0.74% (93 runs sampled)`. The rate is the reciprocal of the mean time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from obrelease.importers.importer import Importer
from obrelease.importers.measured_units import OPERATIONS_PER_SECOND
from obrelease.importers.metric_rows import MetricRows, parse_number
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun

_RESULT_LINE: Final = r"^.* x [\d.,]+ ops/sec (?:±|\+/-|\+-|\\xb1)[\d.]+% \(\d+ runs? sampled\)"
_RESULT: Final = re.compile(
    r"\s*(?P<name>.*) x (?P<rate>[\d.,]+) ops/sec (?:±|\+/-|\+-|\\xb1)(?P<margin>[\d.]+)%"
    r" \((?P<count>[0-9]{1,15}) runs? sampled\)\s*"
)
_FAILED: Final = re.compile(r"(?P<name>\S.*): (?P<reason>(?:\w+)?Error\b.*|)")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")


def _matches(head: FileHead) -> bool:
    return head.has_line(_RESULT_LINE)


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file."""
    rows = MetricRows()
    for number, coloured in enumerate(source.lines(), 1):
        line = _COLOURS.sub("", coloured)
        if result := _RESULT.fullmatch(line):
            rate, margin = parse_number(result["rate"]), parse_number(result["margin"])
            if rate is None:
                raise source.error(f"line {number}: {result['rate'][:40]!r} is no number")
            rows.add_summary(
                result["name"],
                OPERATIONS_PER_SECOND,
                rate,
                "mean",
                count=int(result["count"]),
                figures={"margin_of_error": rate * margin / 100 if margin is not None else None},
            )
        elif failed := _FAILED.fullmatch(line):
            rows.leave_out(failed["name"], failed["reason"] or "failed")
    if not rows:
        raise source.error(
            "has no benchmark result",
            hint="lines such as `name x 1,234 ops/sec ±0.74% (93 runs sampled)` are expected",
        )
    yield ToolRun(
        tool="benchmark-js",
        tool_version=None,
        title=source.stem,
        metrics=rows.metrics(),
        left_out=rows.left_out,
    )


IMPORTER: Final = Importer(
    name="benchmark-js",
    title="benchmark.js, one line for each benchmark",
    matches=_matches,
    read=_read,
    suffix=".txt",
    media_type="text/plain",
)
