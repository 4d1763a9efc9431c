"""Progress of long work, reported to plain callables, so that no layer depends on a terminal."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

Advance = Callable[[int], None]
"""Called with the amount done since the last call: bytes, messages or runs."""

Progress = Callable[[str, int | None], AbstractContextManager[Advance]]
"""Opens a progress bar with a label and a total, or None if the total is unknown."""
