"""Values in the units that people read."""

from __future__ import annotations

import pytest

from obrelease.cli.rendering.readable_values import percent, readable


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (12.0, "ns", "12 ns"),
        (1_234.5, "ns", "1.234 us"),
        (4_500_000_000.0, "ns", "4.5 s"),
        (599e9, "ns", "599 s"),
        (1200e9, "ns", "20 min"),
        (0.0, "ns", "0 ns"),
        (0.25, "ns", "0.25 ns"),
        (-2_000.0, "ns", "-2 us"),
        (3_670_016.0, "B", "3.5 MiB"),
        (48_400_000.0, "1/s", "48.4 M/s"),
        (1.28e9, "B/s", "1.28 GB/s"),
        (1_000_000.0, "msg/s", "1 Mmsg/s"),
        (12_345_678.0, "1", "12,345,678"),
        (3.25, "frames", "3.25 frames"),
        (float("inf"), "ns", "inf ns"),
    ],
)
def test_readable(value: float, unit: str, text: str) -> None:
    assert readable(value, unit) == text


def test_percent() -> None:
    assert percent(0.004) == "0.4 %"
