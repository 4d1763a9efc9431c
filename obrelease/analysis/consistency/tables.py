"""Stress, architectures and profile runs: their tables derived again from what they are made of.

A load sweep keeps no histograms, and a profile no events: their tables are what was measured. Of those
only the rules can be asked that the numbers must keep among themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.summary.summarise import WALL_TIMES, samples_of
from obrelease.analysis.tables.architectures import ARCHITECTURES_FILE, architectures_csv
from obrelease.analysis.tables.profile import (
    ALLOCATION_COLUMNS,
    ALLOCATIONS_FILE,
    FUNCTION_COLUMNS,
    FUNCTIONS_FILE,
)
from obrelease.analysis.tables.stress import (
    LOAD_COLUMNS,
    SCALES_FILE,
    SWEEP_FILE,
    scale_rows,
    scales_csv,
    scales_of,
)
from obrelease.errors import ObreleaseError
from obrelease.models.artefact import ENVELOPE_NAME, Artefact
from obrelease.storage.files import read_bounded

Finding = tuple[str, str]
"""A file of the run, and what is wrong with its numbers."""

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_KNEE_FACTOR: Final = 10
_PERCENTILES: Final = 4


def table_findings(artefact: Artefact, folder: Path, curves: Mapping[str, Histogram]) -> Iterator[Finding]:
    """Every number of these kinds of run that others of the same run contradict.

    Args:
        folder: holds the files that the artefact lists.
        curves: the histograms of the artefact by their names.
    """
    listed = {entry.path for entry in artefact.files}
    for where, findings in _TABLES.get(artefact.kind, {}).items():
        if where in listed:
            try:
                yield from findings(artefact, read_bounded(folder / where), curves)
            except ObreleaseError as error:
                yield where, error.message


def _scales(artefact: Artefact, table: bytes, curves: Mapping[str, Histogram]) -> Iterator[Finding]:
    scales = scales_of(artefact)
    if samples_of(artefact, WALL_TIMES) != samples_of(artefact, f"saturated-wall-x{scales[-1]}"):
        yield ENVELOPE_NAME, f"{WALL_TIMES} is not saturated-wall-x{scales[-1]}"
    yield from _timed(artefact, {f"{c}-latency-x{s}": s for c in ("service", "response") for s in scales})
    rows = list(scale_rows(artefact, curves))
    outcome = artefact.outcome
    if outcome is not None and (rows[-1].events, rows[-1].events_digest) != (
        outcome.events,
        outcome.events_digest,
    ):
        yield ENVELOPE_NAME, f"the events of log-integrity-x{scales[-1]} are not those of the outcome"
    yield from _compared(SCALES_FILE, table, scales_csv(rows))


def _timed(artefact: Artefact, scale_of: Mapping[str, int]) -> Iterator[Finding]:
    """Every message of an open loop is timed, by both clocks."""
    messages = artefact.workload.messages if artefact.workload else 0
    for ref in artefact.histograms:
        if ref.name in scale_of:
            sent = messages * scale_of[ref.name] // max(scale_of.values())
            if ref.count + ref.out_of_range != sent:
                said = ref.count + ref.out_of_range
                yield ENVELOPE_NAME, f"{sent} messages were sent, and {ref.name} has {said}"


def _sweep(artefact: Artefact, table: bytes, _: Mapping[str, Histogram]) -> Iterator[Finding]:
    """The knee is a rule over the table; percentiles rise; nothing does more than it is offered."""
    rows = _numbers(table, LOAD_COLUMNS, texts=0)
    if rows is None:
        yield SWEEP_FILE, "is not a table of loads"
        return
    for offered, done, *percentiles in rows:
        if done > offered:
            yield SWEEP_FILE, f"{done} msg/s done of {offered} offered"
        for at in range(0, len(percentiles), _PERCENTILES):
            if any(one > two for one, two in pairwise(percentiles[at : at + _PERCENTILES])):
                yield SWEEP_FILE, f"percentiles fall at {offered} msg/s"
    told = next((series.samples for series in artefact.measurements if series.name == "knee"), ())
    if told != (_knee(rows),):
        yield SWEEP_FILE, f"its knee is {_knee(rows)} msg/s, the envelope says {', '.join(map(str, told))}"


def _knee(rows: Sequence[Sequence[int]]) -> int:
    """The last offered load before response time at p99 is ten times the first, or 1 % stays undone."""
    p99 = LOAD_COLUMNS.index("response_p99_ns")
    knee = 0
    for row in rows:
        if row[p99] > _KNEE_FACTOR * rows[0][p99] or row[1] * 100 < row[0] * 99:
            break
        knee = row[0]
    return knee


def _architectures(artefact: Artefact, table: bytes, curves: Mapping[str, Histogram]) -> Iterator[Finding]:
    first = str(artefact.parameters.get("architectures", "")).split(",")[0]
    if samples_of(artefact, WALL_TIMES) != samples_of(artefact, f"{first}-wall"):
        yield ENVELOPE_NAME, f"{WALL_TIMES} is not {first}-wall"
    yield from _compared(ARCHITECTURES_FILE, table, architectures_csv(artefact, curves))


def _functions(_: Artefact, table: bytes, __: Mapping[str, Histogram]) -> Iterator[Finding]:
    rows = _numbers(table, FUNCTION_COLUMNS, texts=1)
    if rows is None:
        yield FUNCTIONS_FILE, "is not a table of functions"
        return
    if any(calls < 1 or own > cumulative for calls, own, cumulative in rows):
        yield FUNCTIONS_FILE, "a function without a call, or with more time of its own than in all"
    if any(one[1] < two[1] for one, two in pairwise(rows)):
        yield FUNCTIONS_FILE, "own_ns does not fall from row to row"


def _allocations(artefact: Artefact, table: bytes, __: Mapping[str, Histogram]) -> Iterator[Finding]:
    rows = _numbers(table, ALLOCATION_COLUMNS, texts=1)
    if rows is None:
        yield ALLOCATIONS_FILE, "is not a table of allocations"
        return
    if any(one[0] < two[0] for one, two in pairwise(rows)):
        yield ALLOCATIONS_FILE, "held_bytes does not fall from row to row"
    peak = next((series.samples for series in artefact.measurements if series.name == "peak-memory"), ())
    if not peak or sum(held for held, _ in rows) > peak[0]:
        yield ALLOCATIONS_FILE, "holds more than the peak of memory in the envelope"


def _compared(where: str, table: bytes, again: bytes) -> Iterator[Finding]:
    if table == again:
        return
    said, true = (text.decode("utf-8", "replace").splitlines() for text in (table, again))
    names = true[0].split(",")
    for line, (one, other) in enumerate(zip(said, true, strict=False), start=1):
        for name, cell, right in zip(names, one.split(","), other.split(","), strict=False):
            if cell != right:
                yield where, f"line {line}: {name} is {cell[:40]!a}, and should be {right[:40]!a}"
                return
    yield where, f"has {len(said)} lines, and should have {len(true)}"


def _numbers(table: bytes, columns: Sequence[str], *, texts: int) -> list[list[int]] | None:
    """The whole numbers behind the first `texts` cells of each row; None if it is no such table."""
    header, *lines = table.decode("utf-8", "replace").removesuffix("\n").split("\n")
    numbers = len(columns) - texts
    rows = [line.rsplit(",", numbers)[-numbers:] for line in lines]
    if header.split(",") != list(columns) or not rows:
        return None
    if any(len(row) != numbers or not all(map(_NUMBER.fullmatch, row)) for row in rows):
        return None
    return [[int(cell) for cell in row] for row in rows]


_TABLES: Final[Mapping[str, Mapping[str, Callable[..., Iterator[Finding]]]]] = {
    "stress": {SCALES_FILE: _scales, SWEEP_FILE: _sweep},
    "architectures": {ARCHITECTURES_FILE: _architectures},
    "profile": {FUNCTIONS_FILE: _functions, ALLOCATIONS_FILE: _allocations},
}
