"""The width of the terminal, and long texts cut to it."""

from __future__ import annotations

import shutil
import sys
from typing import Final

WIDTH_OF_FILES: Final = 200
"""Columns of text that goes into a file or a pipe."""

_GAP: Final = "..."


def output_width() -> int:
    """The columns of the terminal that stdout is, `COLUMNS` if it is set, or `WIDTH_OF_FILES`."""
    if sys.stdout is not None and sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    return shutil.get_terminal_size((WIDTH_OF_FILES, 24)).columns


def cut_text(text: str, width: int) -> str:
    """A text of at most `width` characters: its beginning and its end, which tell long names apart."""
    if len(text) <= width:
        return text
    kept = max(width - len(_GAP), 2)
    return f"{text[: kept - kept // 2]}{_GAP}{text[-(kept // 2) :]}"
