"""The picture formats that a plot can be written in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from obrelease.errors import UsageError

_PLOT_SUFFIXES: Final = (".svg", ".png")


def require_plot_format(path: Path | None) -> None:
    """Reject a plot that cannot be written, before time is spent; None is no plot.

    Raises:
        UsageError: the suffix is neither `.svg` nor `.png`.
    """
    if path is not None and path.suffix not in _PLOT_SUFFIXES:
        raise UsageError(f"{path}: plots are {' or '.join(_PLOT_SUFFIXES)} files")
