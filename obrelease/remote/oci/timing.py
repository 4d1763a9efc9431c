"""Deadlines, retries and waits of requests to a registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from obrelease.remote.retry_after import retry_after_s
from obrelease.remote.timeout import wait_interruptibly

_UNSTATED_WAIT_S: Final = 5.0
"""The first wait for a rate limit that names no time; it doubles."""


@dataclass(frozen=True, slots=True)
class OciTiming:
    """Times and limits of requests to a registry.

    Attributes:
        response_deadline_s: longest time of a request, besides the transfer of its bytes.
        min_bytes_per_s: slowest accepted transfer.
        attempts: how often a request is sent that gets no clear answer.
        backoff_s: wait before the second attempt; doubled for each further one.
        max_total_wait_s: the sum of all waits that a registry may ask for in one command.
        wait: waits for a number of seconds.
    """

    response_deadline_s: float = 60.0
    min_bytes_per_s: float = 65536.0
    attempts: int = 4
    backoff_s: float = 0.5
    max_total_wait_s: float = 900.0
    wait: Callable[[float], None] = wait_interruptibly

    def deadline_s(self, size: int) -> float:
        """The longest time of a request that sends or receives `size` bytes."""
        return self.response_deadline_s + size / self.min_bytes_per_s

    def before_retry(self, attempt: int) -> None:
        """Wait after the failed attempt number `attempt`, counted from 0."""
        self.wait(self.backoff_s * 2**attempt)


def requested_wait_s(status: int, headers: Mapping[str, str], waits: int) -> float | None:
    """How long a registry asks to wait before the same request; None if it does not.

    Args:
        headers: names in lower case.
        waits: how often this request has waited; waits that are not stated double each time.
    """
    if status == 429 and "retry-after" not in headers:
        return _UNSTATED_WAIT_S * 2.0**waits
    return max(1.0, retry_after_s(headers)) if status in {429, 503} and "retry-after" in headers else None
