"""LOBSTER decoding by the native core: text to integers, and rows to commands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from obengine._native import LobsterWindow, integer_lines
from obengine.api.messages import COMMAND
from obengine.feeds.lobster_window import Queues, WindowBlock

Rows = NDArray[np.int64]

_PARTICIPANT = 6


class NativeWindow:
    """The native equivalent of `feeds.lobster_window.Window`; results are the same.

    Rows must satisfy `feeds.lobster_checks`.
    """

    def __init__(self, levels: int) -> None:
        self._window = LobsterWindow(levels)

    @property
    def queues(self) -> Queues:
        """How messages fit known orders so far."""
        return Queues(*self._window.queues)

    def follow(self, messages: Rows, books: Rows) -> WindowBlock:
        """Apply a block of rows, as `Window.follow`; the first row seeds the window."""
        if not messages[:, _PARTICIPANT].any():
            messages = np.ascontiguousarray(messages[:, :_PARTICIPANT])
        commands, row_end, causes = self._window.follow(messages, books)
        return WindowBlock(commands.view(COMMAND), row_end.view(np.int64), causes.view(np.uint16))


def parse_integers(text: bytes, columns: int, seconds_first: bool, label_last: bool) -> Rows | None:
    """Lines of `columns` integers as int64 [rows, columns]; None if the strict reader is needed.

    With `seconds_first`, the first field is seconds with at most nine decimals, converted to nanoseconds.
    With `label_last`, the last field is a label (`integer_csv.labels`).
    """
    more = (True,) if label_last else ()
    values = integer_lines(np.frombuffer(text, np.uint8), columns, seconds_first, *more)
    return None if values is None else values.view(np.int64).reshape(-1, columns)
