"""Rows of a Google Benchmark file: repetitions, aggregates, failures, and two benchmarks of one name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from obrelease.importers.json_reader import Node
from obrelease.importers.tool_run import LeftOut

_COMPLEXITY: Final = frozenset({"BigO", "RMS"})
_OLD_AGGREGATES: Final = ("mean", "median", "stddev", "cv", "BigO", "RMS")
"""Aggregates that versions before 1.5 mark only by the end of the name."""

_ALWAYS_TOGETHER: Final = ("mean", "stddev")
"""Aggregates that every version writes if it writes any."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file.

    Attributes:
        name: of the benchmark, without the name of the aggregate.
        aggregate: the name of the aggregate, such as `median`; None for a repetition.
        is_percentage: whether the figures of an aggregate are ratios and not times.
        repetitions: how many repetitions an aggregate is made of, if the file says so.
    """

    node: Node
    name: str
    aggregate: str | None = None
    is_percentage: bool = False
    repetitions: int | None = None


def classified_rows(benchmarks: Node) -> tuple[list[Row], list[LeftOut]]:
    """The rows that are results, and those that are not with their reasons.

    Aggregates of a benchmark whose repetitions are in the file are dropped: they are computed from those.

    Raises:
        InvalidInput: it is no list of objects with names.
    """
    rows, left_out = [], []
    names = frozenset(
        str(node.value.get("name")) for node in benchmarks.items() if isinstance(node.value, dict)
    )
    for node in benchmarks.items():
        row = _row(node, names)
        if row.aggregate in _COMPLEXITY:
            continue
        if reason := _failure(node):
            left_out.append(LeftOut(node.member("name").text(), reason))
        else:
            rows.append(row)
    repeated = {row.name for row in rows if row.aggregate is None}
    rows = [row for row in rows if row.aggregate is None or row.name not in repeated]
    twice = _names_of_two(rows)
    left_out += [LeftOut(name, "two benchmarks of the file have this name") for name in twice]
    return [row for row in rows if row.name not in twice], left_out


def _row(node: Node, names: frozenset[str]) -> Row:
    name = node.member("name").text()
    if not node.has("run_type"):
        return _old_row(node, name, names)
    if node.text_or("run_type", "") != "aggregate":
        return Row(node, name)  # other writers of this format give all rows one run_name
    run_name = node.text_or("run_name", "") or name
    aggregate = node.text_or("aggregate_name", "") or name.rpartition("_")[2]
    repetitions = node.optional_number("repetitions")
    return Row(
        node,
        name.removesuffix(f"_{aggregate}") if name.endswith(f"_{aggregate}") else run_name,
        aggregate,
        is_percentage=node.text_or("aggregate_unit", "") == "percentage" or aggregate == "cv",
        repetitions=int(repetitions) if repetitions is not None and repetitions >= 1 else None,
    )


def _old_row(node: Node, name: str, names: frozenset[str]) -> Row:
    """A row of a version before 1.5: an aggregate is known by the end of its name and by other rows."""
    base, _, end = name.rpartition("_")
    if end in _OLD_AGGREGATES and (
        base in names
        or all(f"{base}_{each}" in names for each in _ALWAYS_TOGETHER)
        or (end in _COMPLEXITY and _is_complexity(node))
    ):
        return Row(node, base, end, is_percentage=end == "cv")
    return Row(node, name)


def _is_complexity(node: Node) -> bool:
    return node.has("cpu_coefficient") or node.has("rms")


def _failure(node: Node) -> str | None:
    """Why a row is no result; None if it is one."""
    if node.value.get("error_occurred"):
        return f"failed: {node.optional_text('error_message') or 'no reason given'}"
    if node.value.get("skipped"):
        return f"skipped: {node.optional_text('skip_message') or 'no reason given'}"
    if node.value.get("iterations") == 0 and not node.value.get("real_time"):
        return "did no iteration"
    return None


def _names_of_two(rows: Sequence[Row]) -> list[str]:
    """Names of benchmarks with two rows of one repetition, or two aggregates of one kind, in order."""
    seen = Counter(
        (row.name, row.aggregate, row.node.value.get("repetition_index") if row.aggregate is None else "")
        for row in rows
        if row.aggregate is not None or isinstance(row.node.value.get("repetition_index"), int)
    )
    return list(dict.fromkeys(name for (name, *_), count in seen.items() if count > 1))
