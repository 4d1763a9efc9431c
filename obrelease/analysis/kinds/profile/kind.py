"""The kind `profile`: measured tables, of which only the inner rules can be checked."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from obrelease.analysis.kinds.csv_table import whole_numbers
from obrelease.analysis.kinds.profile.tables import (
    ALLOCATION_COLUMNS,
    ALLOCATIONS_FILE,
    FUNCTION_COLUMNS,
    FUNCTIONS_FILE,
)
from obrelease.analysis.kinds.run_commands import profile_commands
from obrelease.analysis.kinds.run_kind import RunContent, RunKind

PEAK_MEMORY: Final = "peak-memory"


def _functions_rule(_: RunContent, table: bytes) -> Iterator[str]:
    rows = whole_numbers(table, FUNCTION_COLUMNS, text_columns=1)
    if rows is None:
        yield "is not a table of functions"
        return
    if any(calls < 1 or own > cumulative for calls, own, cumulative in rows):
        yield "a function without a call, or with more time of its own than in all"
    if any(one[1] < two[1] for one, two in pairwise(rows)):
        yield "own_ns does not fall from row to row"


def _allocations_rule(content: RunContent, table: bytes) -> Iterator[str]:
    rows = whole_numbers(table, ALLOCATION_COLUMNS, text_columns=1)
    if rows is None:
        yield "is not a table of allocations"
        return
    if any(one[0] < two[0] for one, two in pairwise(rows)):
        yield "held_bytes does not fall from row to row"
    peak = next((each.samples for each in content.artefact.metrics if each.name == PEAK_MEMORY), ())
    if not peak or sum(held for held, _ in rows) > peak[0]:
        yield "holds more than the peak of memory in the envelope"


PROFILE: Final = RunKind(
    "profile",
    measured_tables={FUNCTIONS_FILE: _functions_rule, ALLOCATIONS_FILE: _allocations_rule},
    commands=profile_commands,
    figures=frozenset({PEAK_MEMORY}),
)
