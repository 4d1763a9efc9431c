"""How long work reports its progress: plain callables, so that no layer knows of a terminal."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

Advance = Callable[[int], None]
"""Called with the amount done since the last call: bytes, messages or runs."""

Progress = Callable[[str, int | None], AbstractContextManager[Advance]]
"""Opens a progress bar with a label and a total, or None where the total is unknown."""
