"""Units as other tools write them, in the units of a run: `ns`, `B`, `1/s`, `B/s` and `1`, with their
direction.

A unit that is not known keeps its text, its values are not changed, and it has no direction.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from obrelease.importers.tool_run import Direction

_TIMES_NS: Final = {
    "fs": "0.000001", "ps": "0.001", "ns": "1", "nsec": "1", "nanosecond": "1", "nanoseconds": "1",
    "us": "1000", "µs": "1000", "μs": "1000", "usec": "1000", "microsecond": "1000", "microseconds": "1000",
    "ms": "1000000", "msec": "1000000", "millisecond": "1000000", "milliseconds": "1000000",
    "s": "1000000000", "sec": "1000000000", "secs": "1000000000", "second": "1000000000",
    "seconds": "1000000000", "m": "60000000000", "min": "60000000000", "minute": "60000000000",
    "minutes": "60000000000", "h": "3600000000000", "hour": "3600000000000", "hours": "3600000000000",
}  # fmt: skip
"""Nanoseconds in a unit of time."""

_SIZES_BYTES: Final = {
    "B": "1", "byte": "1", "bytes": "1", "kB": "1000", "KB": "1000", "kilobytes": "1000",
    "KiB": str(2**10), "MB": "1000000", "megabytes": "1000000", "MiB": str(2**20), "GB": "1000000000",
    "gigabytes": "1000000000", "GiB": str(2**30), "TB": "1000000000000", "TiB": str(2**40),
}  # fmt: skip
"""Bytes in a unit of memory."""

_COUNTS: Final = {
    "op": "1", "ops": "1", "operation": "1", "operations": "1", "iter": "1", "iters": "1", "iteration": "1",
    "iterations": "1", "item": "1", "items": "1", "elem": "1", "element": "1", "elements": "1", "req": "1",
    "reqs": "1", "request": "1", "requests": "1", "call": "1", "calls": "1", "run": "1", "runs": "1",
    "tx": "1", "event": "1", "events": "1", "message": "1", "messages": "1", "msg": "1",
    "msgs": "1", "query": "1", "queries": "1", "round": "1", "rounds": "1",
    "Kelem": "1000", "Melem": "1000000", "Gelem": "1000000000", "Telem": "1000000000000",
    "K": "1000", "M": "1000000", "G": "1000000000",
}  # fmt: skip
"""Things that are counted, and how many one of the unit is."""

_PER_RUN: Final = frozenset({"op", "operation", "iter", "iteration", "call", "run", "round", "inv"})
"""What stands after the slash if a figure is that of one execution."""

_RATES: Final = {"hz": "1", "khz": "1000", "mhz": "1000000", "ghz": "1000000000"}
_ALLOCATIONS: Final = frozenset({"alloc", "allocs", "allocation", "allocations"})
_NS_PER_SECOND: Final = Decimal(10**9)


@dataclass(frozen=True, slots=True)
class MeasuredUnit:
    """How the values of a tool's unit are given in a run.

    Attributes:
        unit: in the run.
        direction: which values are better; None if the unit does not say.
        factor: from the tool's values to those of the run.
    """

    unit: str
    direction: Direction | None
    factor: Decimal = Decimal(1)

    def convert(self, value: float) -> float:
        """A value in this unit, exact in its decimal digits: 0.0069 s is 6900000.0 ns."""
        if self.factor == 1 or not math.isfinite(value):
            return float(value)
        return float(Decimal(repr(value)) * self.factor)

    def convert_all(self, values: Iterable[float]) -> list[float]:
        """Each of the values in this unit."""
        return [self.convert(value) for value in values]

    def directed(self, direction: Direction | None) -> MeasuredUnit:
        """The same unit with another direction."""
        return MeasuredUnit(self.unit, direction, self.factor)


NANOSECONDS: Final = MeasuredUnit("ns", "lower")
MICROSECONDS: Final = MeasuredUnit("ns", "lower", Decimal(10**3))
MILLISECONDS: Final = MeasuredUnit("ns", "lower", Decimal(10**6))
SECONDS: Final = MeasuredUnit("ns", "lower", Decimal(10**9))
BYTES: Final = MeasuredUnit("B", "lower")
COUNT: Final = MeasuredUnit("1", None)
COST_COUNT: Final = MeasuredUnit("1", "lower")
OPERATIONS_PER_SECOND: Final = MeasuredUnit("1/s", "higher")
BYTES_PER_SECOND: Final = MeasuredUnit("B/s", "higher")


@lru_cache(maxsize=1024)
def measured_unit(text: str) -> MeasuredUnit:
    """The unit of a tool's text, such as `us/op`, `MiB/s`, `ops/sec`, `B/op` or `Hz`.

    Times and sizes are better if lower, rates if higher; `allocs/op` is a count that is better if lower.
    """
    written = " ".join(text.split())
    amount, slash, per = written.partition("/")
    if not slash:
        return _alone(written)
    amount, per = amount.strip(), per.strip()
    if per.lower() in _PER_RUN:
        return _per_run(amount, written)
    if (time := _factor(_TIMES_NS, per)) is not None:
        return _per_time(amount, _NS_PER_SECOND / time, written)
    return MeasuredUnit(written, None)


def _alone(written: str) -> MeasuredUnit:
    if (time := _factor(_TIMES_NS, written)) is not None:
        return MeasuredUnit("ns", "lower", time)
    if (size := _factor(_SIZES_BYTES, written)) is not None:
        return MeasuredUnit("B", "lower", size)
    if (rate := _RATES.get(written.lower())) is not None:
        return MeasuredUnit("1/s", "higher", Decimal(rate))
    if not written or written.lower() in {"1", "count", "counts"}:
        return COUNT
    return MeasuredUnit(written, None)


def _per_run(amount: str, written: str) -> MeasuredUnit:
    if (time := _factor(_TIMES_NS, amount)) is not None:
        return MeasuredUnit("ns", "lower", time)
    if (size := _factor(_SIZES_BYTES, amount)) is not None:
        return MeasuredUnit("B", "lower", size)
    return COST_COUNT if amount.lower() in _ALLOCATIONS else MeasuredUnit(written, None)


def _per_time(amount: str, per_second: Decimal, written: str) -> MeasuredUnit:
    if (size := _factor(_SIZES_BYTES, amount)) is not None:
        return MeasuredUnit("B/s", "higher", size * per_second)
    count = Decimal(1) if amount == "1" else _factor(_COUNTS, amount)
    return (
        MeasuredUnit("1/s", "higher", count * per_second)
        if count is not None
        else MeasuredUnit(written, None)
    )


def _factor(table: dict[str, str], text: str) -> Decimal | None:
    """The factor of a unit; words are known in any case, symbols only as they are written."""
    found = table.get(text) or (table.get(text.lower()) if len(text) > 2 else None)
    return Decimal(found) if found is not None else None
