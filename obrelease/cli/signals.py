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

_STOPS: Final = (signal.SIGINT, signal.SIGTERM)
_arrived: list[int] = []


def wants_json(words: Sequence[str]) -> bool:
    """Whether a command line asks for one JSON document."""
    return "--json" in (words[: words.index("--")] if "--" in words else words)


def end_at_once() -> None:
    """While modules load: the process ends where it stands, for nothing was begun.

    An exception would not do: raised inside an import it can be swallowed, or leave a module half made.
    """
    _listen(_end)


def unwind() -> None:
    """While a command works: raise KeyboardInterrupt, so that it can put away what it began."""
    _listen(_raise)


def let_go() -> None:
    """When the answer is being told: the system's own way, at once and without a word."""
    _listen(signal.SIG_DFL)


def arrived() -> bool:
    """Whether a command was told to stop, whatever became of the KeyboardInterrupt."""
    return bool(_arrived)


def _listen(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in _STOPS:
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
