"""Numbers for people: prefixes, rounding at the ends of prefixes, and zeros."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obrelease.analysis.summary.readable_values import number_text, percent, readable

ROWS = [
    (1_200, "ns", "1.2 us"), (999.96, "ns", "1 us"), (999.94, "ns", "999.9 ns"), (250, "ns", "250 ns"),
    (1_234_567, "ns", "1.235 ms"), (0, "ns", "0 ns"), (0.25, "ns", "250 ps"), (2.5, "s", "2.5 s"),
    (999.96, "us", "1 ms"), (12_345e9, "ns", "12,350 s"), (-1_500, "ns", "-1.5 us"),
    (1e-9, "ns", "1.000e-06 ps"),
    (48_431_438, "1/s", "48.43 M/s"), (48_400_000, "1/s", "48.4 M/s"), (999_960, "1/s", "1 M/s"),
    (12, "1/s", "12 /s"),
    (24_653_891, "msg/s", "24.65 M msg/s"), (9, "req/s", "9 req/s"), (1.28e9, "B/s", "1.28 GB/s"),
    (0, "1/s", "0 /s"), (0.5, "1/s", "0.5 /s"),
    (3_250_586, "B", "3.1 MiB"), (1023, "B", "1,023 B"), (1024 * 1023.99, "B", "1 MiB"), (0, "bytes", "0 B"),
    (3, "1", "3"), (1_234_567, "1", "1,234,567"), (12_345_678, "1", "12.35 M"),
    (97.25, "%", "97.25 %"), (2.0, "", "2"), (1234.5678, "points", "1,235 points"),
    (7, "\u00b0C", "7 \u00b0C"),
    (None, "ns", "-"), (float("inf"), "ns", "inf ns"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "unit", "text"), ROWS)
def test_a_value_is_scaled_and_rounded_once(value: float | None, unit: str, text: str) -> None:
    assert readable(value, unit) == text


@given(st.floats(1e-3, 1e17), st.sampled_from(["ns", "B", "B/s", "1/s", "msg/s"]))
def test_a_number_with_a_prefix_is_below_the_next_prefix(value: float, unit: str) -> None:
    text = readable(value, unit)
    number, symbol = re.match(r"([0-9.,]+) ?(.*)", text).groups()  # type: ignore[union-attr]
    limit = 1024 if unit == "B" else 1000
    assert float(number.replace(",", "")) < limit or symbol in {"s", "EB/s", "EiB"}
    assert len(re.sub(r"[.,]|^0[.,]?0*", "", number).rstrip("0")) <= 4


@given(st.floats(1e-3, 1e17))
def test_rounding_changes_a_time_by_half_of_its_last_digit_at_most(value_ns: float) -> None:
    number, unit = readable(value_ns, "ns").split()
    scale = {"ps": 1e-3, "ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}[unit]
    assert float(number.replace(",", "")) * scale == pytest.approx(value_ns, rel=5.001e-4)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1_234, "1,234"),
        (1_234.0, "1,234"),
        (0.1234567, "0.1235"),
        (1e-9, "1.000e-09"),
        (1e20, "1.000e+20"),
        (None, ""),
    ],
)
def test_plain_numbers(value: float | None, text: str) -> None:
    assert number_text(value) == text


def test_shares_are_percent() -> None:
    assert [percent(share) for share in (0.004, 1.0, 0.12345, 0)] == ["0.4 %", "100 %", "12.35 %", "0 %"]
