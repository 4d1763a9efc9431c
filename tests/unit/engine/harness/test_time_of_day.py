"""Times of day as text."""

from __future__ import annotations

import pytest

from obengine.api.errors import WorkloadError
from obengine.harness.time_of_day import time_of_day_ns


@pytest.mark.parametrize(
    ("text", "seconds", "nanos"),
    [
        ("00:00", 0, 0),
        ("09:30", 34_200, 0),
        ("09:30:01.5", 34_201, 500_000_000),
        ("23:59:59.999999999", 86_399, 999_999_999),
    ],
)
def test_times(text: str, seconds: int, nanos: int) -> None:
    assert time_of_day_ns(text) == seconds * 10**9 + nanos


def test_no_time_is_none() -> None:
    assert time_of_day_ns(None) is None


@pytest.mark.parametrize(
    "text",
    ["", "9:30", "24:00", "09:60", "09:30:60", "09:30:00.", "09:30.5", "09:30:00.0123456789", " 09:30"],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(WorkloadError, match="not a time of day"):
        time_of_day_ns(text)
