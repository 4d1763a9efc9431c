"""nanobench's JSON (`ankerl::nanobench::templates::json()`): each epoch's time of an iteration, and counters.

Format: src/include/nanobench.h of github.com/martinus/nanobench. Times are seconds of one iteration; a
counter that the machine does not have is 0 in every epoch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import Node, scalar_of
from obrelease.importers.measured_units import COST_COUNT, SECONDS
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun, part_name
from obrelease.models.artefact import Scalar

_COUNTERS: Final = (
    "instructions", "cpucycles", "branchinstructions", "branchmisses", "contextswitches", "pagefaults",
)  # fmt: skip
_PARAMETERS: Final = ("unit", "batch", "complexityN")
_NO_COMPLEXITY: Final = -1


def _matches(head: FileHead) -> bool:
    return head.has_json("results[].median(elapsed)") or head.has_json("results[].measurements[].elapsed")


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file; a benchmark is named by title and name, with `/` between them."""
    rows = MetricRows()
    for result in source.json().member("results").items():
        _add_result(rows, result)
    if not rows and not rows.left_out:
        raise source.error("has no result")
    yield ToolRun(
        tool="nanobench",
        tool_version=None,
        title=source.stem,
        metrics=rows.metrics(),
        left_out=rows.left_out,
    )


def _add_result(rows: MetricRows, result: Node) -> None:
    name = "/".join(filter(None, (result.optional_text("title"), result.member("name").text())))
    parameters: dict[str, Scalar] = {
        key: scalar
        for key in _PARAMETERS
        if (scalar := scalar_of(result.value.get(key))) is not None and scalar != _NO_COMPLEXITY
    }
    measurements = result.optional("measurements")
    epochs = list(measurements.items()) if measurements is not None else []
    if not epochs:
        median = result.optional_number("median(elapsed)")
        if median is None:
            raise result.error("has neither 'measurements' nor 'median(elapsed)'")
        rows.add_summary(name, SECONDS, median, "median", parameters=parameters)
        return
    rows.add_samples(
        name, SECONDS, [epoch.member("elapsed").number() for epoch in epochs], parameters=parameters
    )
    for key in _COUNTERS:
        values = [value for epoch in epochs if (value := epoch.optional_number(key)) is not None]
        if len(values) == len(epochs) and any(values):
            rows.add_samples(part_name(name, key), COST_COUNT, values, parameters=parameters, primary=False)


IMPORTER: Final = Importer(
    name="nanobench",
    title="nanobench, templates::json()",
    matches=_matches,
    read=_read,
    written_by="bench.render(ankerl::nanobench::templates::json(), stream)",
)
