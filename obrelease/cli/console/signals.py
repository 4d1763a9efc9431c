"""Ctrl-C and SIGTERM, in the three ages of a process: while it loads, while it works, while it ends.

It is imported before all else, so it needs nothing that takes time to load.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from types import FrameType

INTERRUPTED_CODE: Final = 130
"""128 and the number of SIGINT, as shells say it."""

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
"""What `--json` prints then, for a moment when there is nothing yet that could write JSON."""

_Handler = Callable[[int, "FrameType | None"], None] | signal.Handlers
_arrived: list[int] = []


def wants_json(words: Sequence[str]) -> bool:
    """Whether a command line asks for one JSON document."""
    return "--json" in (words[: words.index("--")] if "--" in words else words)


def end_at_once() -> None:
    """While modules load: the process ends where it stands, for nothing was begun.

    An exception would not do: raised inside an import it can be swallowed, or leave a module half made.
    """
    _listen(_end, signal.SIGINT, signal.SIGTERM)


def unwind() -> None:
    """While a command works: raise KeyboardInterrupt, so that it can put away what it began."""
    _listen(_raise, signal.SIGINT, signal.SIGTERM)


def finish() -> None:
    """When the command has ended: Ctrl-C comes too late, the answer is told whole; SIGTERM still ends all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _listen(signal.SIG_DFL, signal.SIGTERM)


def arrived() -> bool:
    """Whether a command was told to stop, whatever became of the KeyboardInterrupt."""
    return bool(_arrived)


def _listen(handler: _Handler, *numbers: signal.Signals) -> None:
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _end(_number: int, _frame: FrameType | None) -> None:
    with suppress(OSError):
        os.write(2, f"{LINE}\n".encode("ascii"))
    if wants_json(sys.argv[1:]):
        with suppress(OSError):
            os.write(1, DOCUMENT.encode("ascii"))
    os._exit(INTERRUPTED_CODE)


def _raise(number: int, _frame: FrameType | None) -> None:
    _arrived.append(number)
    raise KeyboardInterrupt
