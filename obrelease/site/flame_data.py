"""Boxes of a recorded flame graph, read back from its SVG, for the page that zooms and searches."""

from __future__ import annotations

import re
from html import unescape
from typing import Any, Final

from obrelease.models.finding import printable

FLAME_FILE: Final = "flame.svg"
MOST_BOXES: Final = 20_000

_ROW_PX: Final = 18
_BOX: Final = re.compile(
    r"<g><title>([^<]{1,5000}): ([0-9,]{1,20}\.[0-9]{2}) ms, [0-9.]{1,6} %</title>"
    r'<rect x="([0-9.]{1,12})" y="([0-9]{1,9})" width="([0-9.]{1,12})" height="[0-9]{1,4}"'
)


def flame_boxes(svg: bytes) -> list[list[Any]]:
    """Each box: name, left edge and width in thousandths of a pixel, level from the bottom, microseconds.

    Source of the layout: `analysis.kinds.profile.flame_graph`. Anything else in the file is passed over.
    """
    found = [match.groups() for match in _BOX.finditer(svg.decode("utf-8", "replace"))][:MOST_BOXES]
    if not found:
        return []
    bottom = max(int(y) for _, _, _, y, _ in found)
    return [
        [
            printable(unescape(name)),
            round(float(x) * 1000),
            round(float(width) * 1000),
            (bottom - int(y)) // _ROW_PX,
            round(float(milliseconds.replace(",", "")) * 1000),
        ]
        for name, milliseconds, x, y, width in found
    ]
