"""Ctrl-C and SIGTERM while the program loads, while a command runs, and after it has ended.

Imported before everything else, so it imports nothing that takes time to load.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED_CODE: Final = 130
"""128 plus the number of SIGINT, as shells report it."""

LINE: Final = "interrupted"
DOCUMENT: Final = f"""{{
  "error": {{
    "code": {INTERRUPTED_CODE},
    "hint": null,
    "message": "{LINE}",
    "name": "INTERRUPTED"
  }}
}}
"""
"""What `--json` prints then, as text, because no JSON writer is loaded yet."""

_Handler = Callable[[int, "FrameType | None"], None] | signal.Handlers
_received: list[int] = []


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether a command line asks for one JSON document."""
    return "--json" in (arguments[: arguments.index("--")] if "--" in arguments else arguments)


def exit_on_interrupt() -> None:
    """While modules load: end the process at once, because no work has begun.

    An exception raised inside an import could be swallowed, or leave a module half initialised.
    """
    _handle(_exit, signal.SIGINT, signal.SIGTERM)


def raise_on_interrupt() -> None:
    """While a command runs: raise KeyboardInterrupt, so that it can clean up."""
    _handle(_raise, signal.SIGINT, signal.SIGTERM)


def ignore_interrupts() -> None:
    """After the command: ignore Ctrl-C, so that the result is printed whole; SIGTERM ends the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _handle(signal.SIG_DFL, signal.SIGTERM)


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """While a program that has the terminal runs, such as a pager: Ctrl-C is for that program."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def was_interrupted() -> bool:
    """Whether a command was interrupted, even if its KeyboardInterrupt was caught."""
    return bool(_received)


def _handle(handler: _Handler, *numbers: signal.Signals) -> None:
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _exit(_number: int, _frame: FrameType | None) -> None:
    with suppress(OSError):
        os.write(2, f"{LINE}\n".encode("ascii"))
    if wants_json(sys.argv[1:]):
        with suppress(OSError):
            os.write(1, DOCUMENT.encode("ascii"))
    os._exit(INTERRUPTED_CODE)


def _raise(number: int, _frame: FrameType | None) -> None:
    _received.append(number)
    raise KeyboardInterrupt
