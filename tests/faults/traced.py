"""A part of a test under strace: a forked child acts, and is killed, refused or logged at a chosen call."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import signal
import subprocess
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

WRITING: Final = (
    "openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat",
    "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "utimensat", "ftruncate",
)  # fmt: skip
"""Every system call by which the registry changes a disk; a machine need not have them all."""

Acknowledge = Callable[[str], None]
Action = Callable[[Acknowledge], None]

_PR_SET_PTRACER: Final = 0x59616D61
_CALL: Final = re.compile(r"^(?:[0-9]+ +)?([a-z0-9_]+)\(")


@dataclass(frozen=True, slots=True)
class Ended:
    """How the child ended.

    Attributes:
        code: its exit code, or minus the signal that ended it.
        acknowledged: the lines that it acknowledged.
        log: what strace wrote, a line per call.
    """

    code: int
    acknowledged: tuple[str, ...]
    log: tuple[str, ...]

    def counts(self) -> Counter[str]:
        """How often each system call was made."""
        return Counter(found[1] for line in self.log if (found := _CALL.match(line)))


def traced(
    action: Action, log: Path, *, calls: tuple[str, ...] = WRITING, inject: str | None = None
) -> Ended:
    """Fork, attach strace to the child, and let it act; each line that it sends is an acknowledgement.

    Args:
        action: what the child does; it should have been done before in this process, so that
            everything it imports is there.
        calls: the system calls that are logged.
        inject: strace's `inject` expression, such as `fsync:signal=SIGKILL:when=3`.
    """
    strace = shutil.which("strace")
    assert strace is not None, "strace is needed: apt-get install strace"
    reading, writing = os.pipe()
    child = forked()
    if child == 0:
        _act(action, reading, writing)
    os.close(writing)
    os.waitpid(child, os.WUNTRACED)
    command = [
        strace,
        "-y",
        "-s",
        "0",
        "-o",
        str(log),
        "-e",
        f"trace={','.join(f'?{name}' for name in calls)}",
    ]
    command += [] if inject is None else ["-e", f"inject={inject}"]
    with subprocess.Popen([*command, "-p", str(child)], stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        attached = tracer.stderr.readline()
        assert "attached" in attached, attached
        os.kill(child, signal.SIGCONT)
        with os.fdopen(reading, "rb") as answers:
            received = answers.read().decode()
        _, status = os.waitpid(child, 0)
        tracer.communicate()
    complete = received[: received.rfind("\n") + 1]
    return Ended(
        os.waitstatus_to_exitcode(status), tuple(complete.splitlines()), tuple(log.read_text().splitlines())
    )


def forked() -> int:
    """`os.fork`, of which Python warns where a test runner has threads of its own; the child uses none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _act(action: Action, reading: int, writing: int) -> None:
    """The child's part; it never returns, and never runs a line of the test that forked it."""
    code = 1
    try:
        os.close(reading)
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        action(lambda text: _send_line(writing, text))
        code = 0
    finally:
        os._exit(code)


def _send_line(writing: int, text: str) -> None:
    os.write(writing, f"{text}\n".encode())
