"""Ends this process when its parent ends, however that ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from threading import Thread
from typing import BinaryIO, Final

_PR_SET_PDEATHSIG: Final = 1
_KILLED: Final = 128 + 9


def end_with_parent() -> None:
    """Let Linux kill this process when its parent is killed: prctl(2), PR_SET_PDEATHSIG."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def end_with_stream(stream: BinaryIO) -> None:
    """End this process when a pipe is closed at its other end: for systems without `end_with_parent`."""

    def wait() -> None:
        with suppress(OSError, ValueError):
            while stream.read(1):
                pass
        os._exit(_KILLED)

    Thread(target=wait, name="lifeline", daemon=True).start()
