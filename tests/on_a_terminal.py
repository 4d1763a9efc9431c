"""A program on a terminal of its own, for tests of colour, progress and the pager."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

from tests.program import environment

LIMIT_S = 60


def on_a_terminal(
    code: str,
    folder: Path,
    *words: str,
    columns: int = 80,
    act: Callable[[str, int, int], bool] | None = None,
    **more: str,
) -> tuple[int, str]:
    """The exit code of a Python program, and what it wrote to a terminal of 24 lines.

    Args:
        act: is called with what was shown, the terminal and the process until it returns true, to press keys
            or send signals.
        more: variables of its environment; those that ask for colour or a width are not inherited.
    """
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        unwanted = {"NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "COLUMNS", "LESS", "PAGER"}
        kept = {name: value for name, value in environment().items() if name not in unwanted}
        os.execve(sys.executable, [sys.executable, "-c", code, *words], kept | {"TERM": "xterm"} | more)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown, until, done = b"", time.monotonic() + LIMIT_S, act is None
    while time.monotonic() < until:
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                part = os.read(terminal, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part
        if not done and act is not None:
            done = act(shown.decode("utf-8", "replace"), terminal, child)
    else:
        os.kill(child, signal.SIGKILL)
    os.close(terminal)  # whoever still reads from it, such as a pager, ends
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), shown.decode("utf-8", "replace").replace("\r\n", "\n")


def on_the_screen(shown: str) -> str:
    """What a terminal shows in the end of what was written to it: a carriage return begins the line again."""
    lines = []
    for written in shown.split("\n"):
        line: list[str] = []
        for part in written.split("\r"):
            line[: len(part)] = part
        lines.append("".join(line).rstrip())
    return "\n".join(lines)
