"""Units that measure the same: factors between them, so that `ms` compares with `ns` and `MiB` with `B`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_FACTORS: Final[dict[str, tuple[str, float]]] = {
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), ("ns", 1.0)),
    **dict.fromkeys(("us", "µs", "μs", "microseconds"), ("ns", 1000.0)),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), ("ns", 1000000.0)),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), ("ns", 1000000000.0)),
    **dict.fromkeys(("min", "minute", "minutes"), ("ns", 60000000000.0)),
    **dict.fromkeys(("B", "byte", "bytes"), ("B", 1.0)),
    **dict.fromkeys(("kB", "KB"), ("B", 1000.0)),
    "MB": ("B", 1e6),
    "GB": ("B", 1e9),
    "KiB": ("B", 2.0**10),
    "MiB": ("B", 2.0**20),
    "GiB": ("B", 2.0**30),
    **dict.fromkeys(("1", "op", "ops", "item", "items", "count"), ("1", 1.0)),
}
"""The base unit and the factor to it. SI prefixes are powers of 1,000."""


def factors_to_common_unit(units: Iterable[str]) -> tuple[str, dict[str, float]] | None:
    """The unit that all given units convert to, and the factor of each; None if they do not convert.

    One unit alone stays as it is.
    """
    unique = sorted(set(units))
    if len(unique) == 1:
        return unique[0], {unique[0]: 1.0}
    converted = {unit: _to_base(unit) for unit in unique}
    bases = {base for base, _ in converted.values()}
    if len(bases) != 1:
        return None
    return bases.pop(), {unit: factor for unit, (_, factor) in converted.items()}


def _to_base(unit: str) -> tuple[str, float]:
    """A unit, or a quotient of two such as `ms/op`, as a base unit and the factor to it."""
    above, slash, below = unit.partition("/")
    base, factor = _FACTORS.get(above, (above, 1.0))
    if not slash:
        return base, factor
    base_below, factor_below = _FACTORS.get(below, (below, 1.0))
    return f"{base}/{base_below}", factor / factor_below
