"""What GitHub asks to wait, read from its replies."""

from __future__ import annotations

import pytest

from obrelease.errors import UsageError
from obrelease.remote.github.request_timing import RequestTiming, requested_wait_s

DATE = "Thu, 01 Jan 2026 00:00:00 GMT"
EPOCH_S = 1767225600
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@pytest.mark.parametrize(
    ("status", "headers", "message", "waits", "expected_s"),
    [
        (403, {"retry-after": "30"}, "", 0, 30.0),
        (429, {"retry-after": "0"}, "", 0, 1.0),
        (403, {"retry-after": "Thu, 01 Jan 2026 00:01:00 GMT", "date": DATE}, "", 0, 61.0),
        (403, {"retry-after": "soon"}, "", 0, 60.0),
        (403, {"retry-after": "-5"}, "", 0, 60.0),
        (
            403,
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(EPOCH_S + 90), "date": DATE},
            "",
            0,
            91.0,
        ),
        (
            403,
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(EPOCH_S - 90), "date": DATE},
            "",
            0,
            1.0,
        ),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "x", "date": DATE}, "", 0, 60.0),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(EPOCH_S)}, "", 0, 60.0),
        (403, {}, SECONDARY, 0, 60.0),
        (403, {}, SECONDARY, 2, 240.0),
        (429, {}, "", 1, 120.0),
        (403, {"x-ratelimit-remaining": "17"}, "Must have admin rights", 0, None),
        (404, {"retry-after": "30"}, SECONDARY, 0, None),
        (503, {"retry-after": "30"}, "", 0, None),
    ],
)
def test_the_wait_is_that_of_the_response_and_never_too_short(
    status: int, headers: dict[str, str], message: str, waits: int, expected_s: float | None
) -> None:
    assert requested_wait_s(status, headers, message, waits) == expected_s


def test_deadlines_grow_with_the_size_and_retries_wait_longer_each_time() -> None:
    waits: list[float] = []
    timing = RequestTiming(response_deadline_s=10, min_bytes_per_s=100, backoff_s=0.5, wait=waits.append)
    assert (timing.deadline_s(0), timing.deadline_s(1000)) == (10, 20)
    for attempt in range(3):
        timing.before_retry(attempt)
    assert waits == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"min_bytes_per_s": 0.0}, {"response_deadline_s": -1.0}])
def test_timing_without_an_end_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        RequestTiming(**wrong)  # type: ignore[arg-type]
