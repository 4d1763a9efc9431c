"""Lists of `name`, `unit` and `value`: `customSmallerIsBetter` and `customBiggerIsBetter` of
github-action-benchmark.

A file does not say which of the two it is. Read as `custom`, the unit decides: times and sizes are better
if lower, rates if higher, anything else has no direction. `--format custom-smaller-is-better` or
`custom-bigger-is-better` gives one direction to all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from obrelease.importers.benches import add_bench
from obrelease.importers.importer import Importer
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import Direction, ToolRun
from obrelease.models.artefact import Scalar


def _matches(head: FileHead) -> bool:
    return head.has_json("[].name", "[].unit", "[].value")


def _never(_: FileHead) -> bool:
    """The direction cannot be detected."""
    return False


def _reader(direction: Direction | None) -> Callable[[Source], Iterator[ToolRun]]:
    def read(source: Source) -> Iterator[ToolRun]:
        rows = MetricRows()
        extras: dict[str, Scalar] = {}
        for bench in source.json().items():
            if extra := add_bench(rows, bench, direction):
                extras[f"extra: {extra[0]}"] = extra[1]
        if not rows and not rows.left_out:
            raise source.error(
                "has no row", hint="a list of objects with 'name', 'unit' and 'value' is expected"
            )
        yield ToolRun(
            tool="custom",
            tool_version=None,
            title=source.stem,
            metrics=rows.metrics(),
            left_out=rows.left_out,
            parameters=extras,
        )

    return read


def directed_importer(name: str, direction: Direction) -> Importer:
    """The importer of the same rows with one direction for all, chosen by name."""
    return Importer(
        name=name,
        title=f"list of name, unit and value; {direction} is better",
        matches=_never,
        read=_reader(direction),
    )


IMPORTER: Final = Importer(
    name="custom",
    title="list of name, unit and value; the unit gives the direction",
    matches=_matches,
    read=_reader(None),
)
