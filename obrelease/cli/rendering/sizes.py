"""Sizes of files in units for people; `--json` has bytes."""

from __future__ import annotations

from obrelease.analysis.summary.readable_values import readable


def size_text(size_bytes: int) -> str:
    """A size in the binary unit that fits: `1.044 KiB`."""
    return readable(size_bytes, "B")
