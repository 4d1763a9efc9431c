"""Tables of profiles, the largest entry first: functions, allocations and hardware counters."""

from __future__ import annotations

from typing import Final

FUNCTIONS_FILE: Final = "functions.csv"
ALLOCATIONS_FILE: Final = "allocations.csv"
COUNTERS_FILE: Final = "counters.csv"

FUNCTION_COLUMNS: Final = ("function", "calls", "own_ns", "cumulative_ns")
ALLOCATION_COLUMNS: Final = ("line", "held_bytes", "blocks")
COUNTER_COLUMNS: Final = ("counter", "value", "state")
