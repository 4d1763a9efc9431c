"""How long a server asks to wait, by the header `Retry-After` (RFC 9110) and by an instant that it names."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

UNSTATED_WAIT_S: Final = 60.0
"""The wait if a time is named that cannot be read."""


def retry_after_s(headers: Mapping[str, str]) -> float:
    """The seconds of `retry-after`, which must be there; names of headers are in lower case."""
    text = headers["retry-after"].strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return until_s(headers, str(parsedate_to_datetime(text).timestamp()))
    except ValueError:
        return UNSTATED_WAIT_S


def until_s(headers: Mapping[str, str], epoch_s: str) -> float:
    """Seconds from the server's own `Date` to `epoch_s`, so that this machine's clock does not matter."""
    try:
        return float(epoch_s) - parsedate_to_datetime(headers["date"]).timestamp() + 1.0
    except (KeyError, ValueError):
        return UNSTATED_WAIT_S
