"""Rows of `name`, `unit`, `value`, `range` and `extra`, as github-action-benchmark defines and stores them.

Format: README.md and src/extract.ts of github.com/benchmark-action/github-action-benchmark.
"""

from __future__ import annotations

import re
from typing import Final

from obrelease.importers.json_reader import Node, as_number
from obrelease.importers.measured_units import measured_unit
from obrelease.importers.metric_rows import MetricRows, parse_number
from obrelease.importers.tool_run import Direction, part_name
from obrelease.models.artefact import Scalar

_MAX_FIELDS: Final = 201
_RANGE: Final = re.compile(r"\s*(?:±|\+/-|\+-|stddev:)?\s*(?P<number>[-+\d.,eE]+)\s*(?P<percent>%?)\s*")


def add_bench(rows: MetricRows, bench: Node, direction: Direction | None) -> tuple[str, Scalar] | None:
    """Add a row as a summary.

    Args:
        direction: the one that the tool of the row gives to all of its rows; None leaves it to the unit.

    Returns:
        The name and the text of `extra`, if the row has it.

    Raises:
        InvalidInput: the row has no name or no value.
    """
    name, value = bench.member("name").text(), as_number(bench.member("value").value)
    if value is None:
        text = str(bench.member("value").value)
        value = parse_number(text)
        if value is None:
            rows.leave_out(name, f"has a value that is no number: {text[:80]}")
            return None
    written, others = _split_unit(bench.optional_text("unit") or "")
    unit = measured_unit(written)
    if direction is not None:
        unit = unit.directed(direction)
    range_figure = _range(bench.optional_text("range"), value)
    rows.add_summary(name, unit, value, "value", figures={"range": range_figure})
    for other_value, other in others:
        rows.add_summary(part_name(name, other), measured_unit(other), other_value, "value", primary=False)
    extra = bench.optional_text("extra")
    return (name, extra) if extra else None


def has_combined_unit(bench: Node) -> bool:
    """Whether the unit of a row has further values in it, as the rows of Go have: `ns/op 16 B/op`."""
    return bool(_split_unit(bench.optional_text("unit") or "")[1])


def _split_unit(text: str) -> tuple[str, list[tuple[float, str]]]:
    """The unit of a row, and the values and units that follow it in the same text."""
    first, *fields = text.split()[:_MAX_FIELDS] or [""]
    values = [parse_number(field) for field in fields[::2]]
    if not fields or len(fields) % 2 or None in values:
        return text, []
    return first, [
        (value, unit) for value, unit in zip(values, fields[1::2], strict=True) if value is not None
    ]


def _range(text: str | None, value: float) -> float | None:
    """The range in the unit of the value; None if it is no single number."""
    found = _RANGE.fullmatch(text or "")
    number = parse_number(found["number"]) if found else None
    if found is None or number is None:
        return None
    return abs(value) * number / 100 if found["percent"] else number
