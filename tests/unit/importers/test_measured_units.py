"""Units of tools: the unit of a run, the factor, and the direction."""

from __future__ import annotations

import pytest

from obrelease.importers.measured_units import NANOSECONDS, SECONDS, measured_unit


@pytest.mark.parametrize(
    ("text", "unit", "direction", "one"),
    [
        ("ns", "ns", "lower", 1.0),
        ("ns/op", "ns", "lower", 1.0),
        ("ps", "ns", "lower", 0.001),
        ("µs", "ns", "lower", 1_000.0),
        ("μs", "ns", "lower", 1_000.0),
        ("us/iter", "ns", "lower", 1_000.0),
        ("ms", "ns", "lower", 1e6),
        ("Seconds", "ns", "lower", 1e9),
        ("sec/op", "ns", "lower", 1e9),
        ("min", "ns", "lower", 6e10),
        ("B/op", "B", "lower", 1.0),
        ("KiB", "B", "lower", 1_024.0),
        ("kB", "B", "lower", 1_000.0),
        ("Megabytes", "B", "lower", 1e6),
        ("MB/s", "B/s", "higher", 1e6),
        ("MiB/s", "B/s", "higher", 1_048_576.0),
        ("B/us", "B/s", "higher", 1e6),
        ("ops/s", "1/s", "higher", 1.0),
        ("ops/sec", "1/s", "higher", 1.0),
        ("ops/ms", "1/s", "higher", 1_000.0),
        ("req/s", "1/s", "higher", 1.0),
        ("iter/sec", "1/s", "higher", 1.0),
        ("Gelem/s", "1/s", "higher", 1e9),
        ("1/s", "1/s", "higher", 1.0),
        ("Hz", "1/s", "higher", 1.0),
        ("allocs/op", "1", "lower", 1.0),
        ("Count", "1", None, 1.0),
        ("counts", "1", None, 1.0),
        ("", "1", None, 1.0),
        ("points", "points", None, 1.0),
        ("widgets/op", "widgets/op", None, 1.0),
        ("MS/s", "MS/s", None, 1.0),
        ("Mb", "Mb", None, 1.0),
        ("cycles/iter", "cycles/iter", None, 1.0),
        ("ns/op\t16 B/op", "ns/op 16 B/op", None, 1.0),
    ],
)
def test_a_unit_has_one_meaning(text: str, unit: str, direction: str | None, one: float) -> None:
    measured = measured_unit(text)
    assert (measured.unit, measured.direction, measured.convert(1.0)) == (unit, direction, one)


def test_values_keep_their_decimal_digits() -> None:
    assert SECONDS.convert(0.0069) == 6_900_000.0  # a product of doubles gives 6900000.000000001
    assert measured_unit("ms").convert_all([0.1, 2.3]) == [100_000.0, 2_300_000.0]
    assert NANOSECONDS.directed(None).direction is None
