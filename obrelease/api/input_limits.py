"""Limits on untrusted input for callers of the API, as `--max-input` sets them for a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from obrelease.errors import UsageError
from obrelease.storage.limits import Limits, input_budget, parse_size


@contextmanager
def limits(max_input: int | str) -> Iterator[None]:
    """Set the limits on untrusted input for all calls in the block, in sum: downloads, archives, documents.

    Without it, each call that downloads or unpacks has a budget of its own. Within another such block, the
    outer one counts. Threads that run meanwhile share the budget.

    Args:
        max_input: bytes that may be downloaded or unpacked, as a number or as text such as `"16G"`. The
            other limits (members, values, seconds) grow in proportion.

    Raises:
        UsageError: it is not a size.

    Example:
        >>> with limits("16G"):
        ...     pass
    """
    if isinstance(max_input, bool) or not isinstance(max_input, int | str):
        raise UsageError(
            f"max_input is {max_input!r:.60}", hint='pass a number of bytes, or text such as "16G"'
        )
    size = parse_size(max_input if isinstance(max_input, str) else str(max_input))
    with input_budget(Limits.for_input(size)):
        yield
