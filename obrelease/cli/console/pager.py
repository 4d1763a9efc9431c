"""Long results on a terminal go through the user's pager, as those of git do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress
from typing import Final

from obrelease.cli.console.settings import pager_command, with_pager_defaults
from obrelease.cli.console.signals import interrupts_ignored
from obrelease.cli.console.terminal import is_terminal

_RESERVED_LINES: Final = 2
"""Lines of the screen that a shell's prompt takes."""


def show_in_pager(text: str) -> bool:
    """Show a text that is longer than the screen; False if that is not needed or not possible.

    `OBRELEASE_PAGER` or `PAGER` names the pager, else it is `less`; an empty one and `cat` are none.
    `LESS` is `FRX` if the user has not set it.
    """
    if not is_terminal() or sys.stdin is None or not sys.stdin.isatty():
        return False
    if text.count("\n") < shutil.get_terminal_size().lines - _RESERVED_LINES:
        return False
    words = pager_command()
    if not words or shutil.which(words[0]) is None:
        return False
    try:
        pager = subprocess.Popen(words, stdin=subprocess.PIPE, env=with_pager_defaults())
    except OSError:
        return False
    with interrupts_ignored():
        with suppress(OSError):
            pager.communicate(text.encode(sys.stdout.encoding, "backslashreplace"))
        pager.wait()
    return True
