"""How fast and how long: spacing of writes, deadlines, and the waits that GitHub asks for.

Source of the waits: GitHub's "Best practices for using the REST API", on rate limit errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Final

from obrelease.errors import UsageError
from obrelease.remote.forge.timeout import pause

UNSTATED_WAIT_S: Final = 60.0
"""What to wait at least where a secondary limit names no time."""


@dataclass(frozen=True, slots=True)
class Pace:
    """The times of a GitHub adapter.

    Attributes:
        write_spacing_s: least time between two writes; 1 s keeps below 80 a minute.
        answer_deadline_s: whole time of one request without a file, its answer included.
        bytes_per_s: slowest transfer that is put up with; with it a file's own deadline is
            `answer_deadline_s + size / bytes_per_s`.
        attempts: how often one act is tried before it stops.
        backoff_s: wait before the second try; doubled for each further one.
        patience_s: the sum of all waits that GitHub may ask for; beyond it the act stops, and
            a later run goes on.
        wait: how to wait; may show a countdown, and is given seconds.
        clock: seconds that never go back, by which writes are counted.
    """

    write_spacing_s: float = 1.0
    answer_deadline_s: float = 60.0
    bytes_per_s: float = 65536.0
    attempts: int = 4
    backoff_s: float = 1.0
    patience_s: float = 900.0
    wait: Callable[[float], None] = pause
    clock: Callable[[], float] = monotonic

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.bytes_per_s <= 0 or self.answer_deadline_s <= 0:
            raise UsageError("a pace needs at least one attempt, and deadlines and speeds above zero")

    def deadline_s(self, size: int) -> float:
        """The whole time that a request with a body of `size` bytes, in or out, may take."""
        return self.answer_deadline_s + size / self.bytes_per_s

    def before_retry(self, attempt: int) -> None:
        """Wait after the failed attempt number `attempt`, counted from 0."""
        self.wait(self.backoff_s * 2**attempt)


def asked_wait_s(status: int, headers: Mapping[str, str], message: str, waits: int) -> float | None:
    """How long GitHub asks to wait before the same request, or None if it is no matter of time.

    Args:
        status: the HTTP status; only 403 and 429 can be rate limits.
        headers: the reply's headers, names in lower case.
        message: the reply's `message`, or "".
        waits: how often this request waited already; unstated waits double each time.
    """
    if status not in {403, 429}:
        return None
    if "retry-after" in headers:
        return max(1.0, _retry_after_s(headers))
    if headers.get("x-ratelimit-remaining") == "0" and "x-ratelimit-reset" in headers:
        return max(1.0, _until_s(headers, headers["x-ratelimit-reset"]))
    lower = message.lower()
    if status == 429 or "rate limit" in lower or "abuse" in lower:
        return UNSTATED_WAIT_S * 2.0**waits
    return None


def _retry_after_s(headers: Mapping[str, str]) -> float:
    text = headers["retry-after"].strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return _until_s(headers, str(parsedate_to_datetime(text).timestamp()))
    except ValueError:
        return UNSTATED_WAIT_S


def _until_s(headers: Mapping[str, str], epoch_s: str) -> float:
    """Seconds from the server's own `Date` to `epoch_s`; our clock need not be right."""
    try:
        return float(epoch_s) - parsedate_to_datetime(headers["date"]).timestamp() + 1.0
    except (KeyError, ValueError):
        return UNSTATED_WAIT_S
