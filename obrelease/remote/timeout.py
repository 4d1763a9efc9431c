"""A deadline for calls that may never end, and an interruptible wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from obrelease.errors import RemoteError

Result = TypeVar("Result")


class DeadlineExceeded(RemoteError):
    """A call did not end in time; whether its work was done is unknown."""


def call_with_deadline(deadline_s: float, call: Callable[[], Result], abandon: Callable[[], None]) -> Result:
    """Run `call` on its own thread and give up after `deadline_s` seconds, whatever it is doing.

    A socket's timeout only limits the silence between two bytes: a server that sends one byte a
    second never reaches it. After the deadline `abandon` is called and the thread is left running;
    it does not keep the process alive.

    Raises:
        DeadlinePassed: the call did not end in time.
    """
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:
            errors.append(error)

    worker = threading.Thread(target=run, name="obrelease-remote", daemon=True)
    worker.start()
    try:
        worker.join(deadline_s)
    except BaseException:
        abandon()
        raise
    if errors:
        raise errors[0]
    if not results:
        abandon()
        raise DeadlineExceeded(
            f"no complete response within {deadline_s:g} s", hint="run the same command again"
        )
    return results[0]


def wait_interruptibly(seconds: float) -> None:
    """Wait; a signal such as Ctrl-C interrupts it."""
    threading.Event().wait(seconds)
