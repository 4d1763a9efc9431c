"""The terminal that stdout is, its width, and long texts cut to it."""

from __future__ import annotations

import shutil
import sys
from typing import Final

WIDTH_OF_FILES: Final = 200
"""Columns of text that goes into a file or a pipe."""

_GAP: Final = "..."


def terminal_width() -> int | None:
    """The columns of the terminal that stdout is, `COLUMNS` first; None for a file or a pipe."""
    return shutil.get_terminal_size().columns if is_terminal() else None


def is_terminal() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def cut_text(text: str, width: int) -> str:
    """A text of at most `width` characters: its beginning and its end, which tell long names apart."""
    if len(text) <= width:
        return text
    kept = max(width - len(_GAP), 2)
    return f"{text[: kept - kept // 2]}{_GAP}{text[-(kept // 2) :]}"
