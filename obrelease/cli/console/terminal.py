"""The terminals that stdout and stderr are, their width, and long texts cut to it."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from typing import Final

WIDTH_OF_FILES: Final = 200
"""Columns of text that goes into a file or a pipe."""

_GAP: Final = "..."


def terminal_width() -> int | None:
    """The columns of the terminal that stdout is, `COLUMNS` first; None for a file or a pipe."""
    return shutil.get_terminal_size().columns if is_terminal() else None


def message_width() -> int | None:
    """The columns of the terminal that stderr is, `COLUMNS` first; None for a file or a pipe."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    columns = 0
    with suppress(OSError, ValueError, AttributeError):
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    return shutil.get_terminal_size((columns or 80, 24)).columns


def is_terminal() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def cut_text(text: str, width: int) -> str:
    """A text of at most `width` characters: its beginning and its end, which tell long names apart."""
    if len(text) <= width:
        return text
    kept = max(width - len(_GAP), 2)
    return f"{text[: kept - kept // 2]}{_GAP}{text[-(kept // 2) :]}"
