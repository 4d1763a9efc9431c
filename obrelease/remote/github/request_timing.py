"""The spacing of writes, deadlines, retries, and the waits that GitHub asks for.

Source of the waits: GitHub's "Best practices for using the REST API", on rate limit errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic

from obrelease.errors import UsageError
from obrelease.remote.retry_after import UNSTATED_WAIT_S, retry_after_s, until_s
from obrelease.remote.timeout import wait_interruptibly


@dataclass(frozen=True, slots=True)
class RequestTiming:
    """Times and limits of requests to GitHub.

    Attributes:
        write_spacing_s: minimum time between two writes; 1 s keeps below 80 per minute.
        response_deadline_s: longest time of a request without a file, with its response.
        min_bytes_per_s: slowest accepted transfer; the deadline of a file is
            `response_deadline_s + size / min_bytes_per_s`.
        attempts: how often an act is tried.
        backoff_s: wait before the second attempt; doubled for each further one.
        max_total_wait_s: the sum of all waits that GitHub may ask for; beyond it the command stops,
            and a later one continues.
        wait: waits for a number of seconds; it may show a countdown.
        clock: monotonic seconds, by which writes are counted.
    """

    write_spacing_s: float = 1.0
    response_deadline_s: float = 60.0
    min_bytes_per_s: float = 65536.0
    attempts: int = 4
    backoff_s: float = 1.0
    max_total_wait_s: float = 900.0
    wait: Callable[[float], None] = wait_interruptibly
    clock: Callable[[], float] = monotonic

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.min_bytes_per_s <= 0 or self.response_deadline_s <= 0:
            raise UsageError("at least one attempt is needed, and deadlines and speeds above zero")

    def deadline_s(self, size: int) -> float:
        """The longest time of a request that sends or receives `size` bytes."""
        return self.response_deadline_s + size / self.min_bytes_per_s

    def before_retry(self, attempt: int) -> None:
        """Wait after the failed attempt number `attempt`, counted from 0."""
        self.wait(self.backoff_s * 2**attempt)


def requested_wait_s(status: int, headers: Mapping[str, str], message: str, waits: int) -> float | None:
    """How long GitHub asks to wait before the same request, or None if waiting does not help.

    Args:
        status: the HTTP status; only 403 and 429 can be rate limits.
        headers: the response's headers, names in lower case.
        message: the response's `message`, or "".
        waits: how often this request has waited; waits that GitHub does not state double each time.
    """
    if status not in {403, 429}:
        return None
    if "retry-after" in headers:
        return max(1.0, retry_after_s(headers))
    if headers.get("x-ratelimit-remaining") == "0" and "x-ratelimit-reset" in headers:
        return max(1.0, until_s(headers, headers["x-ratelimit-reset"]))
    lower = message.lower()
    if status == 429 or "rate limit" in lower or "abuse" in lower:
        return UNSTATED_WAIT_S * 2.0**waits
    return None
