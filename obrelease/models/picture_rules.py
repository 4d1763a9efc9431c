"""Rules for pictures in artefacts, by the kind of file: SVG by an allow-list, PNG by its structure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final

from obrelease.models.png_rules import png_findings
from obrelease.models.svg_rules import MAX_SVG_BYTES, svg_findings

MAX_PICTURE_BYTES: Final = MAX_SVG_BYTES

SUFFIXES: Final = {"image/svg+xml": ".svg", "image/png": ".png"}
"""Media types of pictures, with the suffix of a released picture."""

PictureRule = Callable[[bytes], tuple[str, ...]]

_RULES: Final[dict[str, PictureRule]] = {".svg": svg_findings, ".svgz": svg_findings, ".png": png_findings}


def picture_rule(path: str, media_type: str) -> PictureRule | None:
    """The rule for a file, by its media type or its name; None if it is no picture.

    A file that a program would take for a picture by its name must pass as well.
    """
    suffix = SUFFIXES.get(media_type) or PurePosixPath(path).suffix.lower()
    return _RULES.get(suffix)
