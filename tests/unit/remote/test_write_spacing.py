"""No more writes than GitHub takes: 80 in any minute, 500 in any hour."""

from __future__ import annotations

from obrelease.remote.github.request_timing import RequestTiming
from obrelease.remote.github.write_spacing import WRITE_LIMITS, WriteRateLimiter


class Time:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def clock(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.now_s += seconds


def test_a_thousand_writes_keep_both_limits() -> None:
    time = Time()
    budget = WriteRateLimiter(RequestTiming(clock=time.clock, wait=time.wait))
    moments = []
    for _ in range(1000):
        budget.acquire()
        moments.append(time.now_s)
        time.now_s += 0.125
    assert WRITE_LIMITS == ((80, 60.0), (500, 3600.0))
    for count, window_s in WRITE_LIMITS:
        spans = [late - early for early, late in zip(moments, moments[count:], strict=False)]
        assert min(spans) >= window_s
    assert moments[79] < 1011
    assert moments[-1] < 1000 + 2 * 3600
