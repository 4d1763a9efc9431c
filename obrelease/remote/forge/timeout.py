"""An overall deadline for a call that cannot be trusted to end, and the one way to wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from obrelease.errors import RemoteError

Result = TypeVar("Result")


class DeadlinePassed(RemoteError):
    """A call did not end in time; whether its work was done is unknown."""


def within(seconds: float, call: Callable[[], Result], abandon: Callable[[], None]) -> Result:
    """Run `call` on a thread of its own and give up after `seconds`, whatever it is doing.

    A socket's timeout bounds the silence between two bytes, not the whole: one byte a second
    outlives it. So the whole is bounded here. After the deadline `abandon` is called and the
    thread is left behind; it does not keep the process alive.

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
        worker.join(seconds)
    except BaseException:
        abandon()
        raise
    if errors:
        raise errors[0]
    if not results:
        abandon()
        raise DeadlinePassed(f"no whole answer within {seconds:g} s", hint="run the same command again")
    return results[0]


def pause(seconds: float) -> None:
    """Wait, interruptibly."""
    threading.Event().wait(seconds)
