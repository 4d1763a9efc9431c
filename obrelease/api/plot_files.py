"""The picture formats that a plot can be written in."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from obrelease.errors import UsageError

ImageFormat = Literal["svg", "png", "pdf"]

_FORMATS: Final[dict[str, ImageFormat]] = {".svg": "svg", ".png": "png", ".pdf": "pdf"}


def require_plot_format(path: Path | None) -> None:
    """Reject a plot that cannot be written, before time is spent; None is no plot.

    Raises:
        UsageError: the suffix is none of `.svg`, `.png` and `.pdf`.
    """
    if path is not None:
        image_format_of(path)


def image_format_of(path: Path) -> ImageFormat:
    """The format that a suffix names.

    Raises:
        UsageError: the suffix is none of `.svg`, `.png` and `.pdf`.
    """
    if path.suffix not in _FORMATS:
        raise UsageError(f"{path}: plots are {', '.join(_FORMATS)} files")
    return _FORMATS[path.suffix]
