"""Flame graphs as SVG: where a profiled program spent its time, by call stack.

After B. Gregg: the width of a box is its share of the time, callees are above their callers, and
siblings are sorted by name, so that equal input gives equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Final

from obrelease.analysis.plots.colours import BACKGROUND, MUTED, TEXT, with_dark_style

WIDTH_PX: Final = 800
ROW_PX: Final = 18
MIN_WIDTH_PX: Final = 0.4
"""Boxes that would be narrower are left out."""

_TOP_PX: Final = 44
_CHARACTER_PX: Final = 6.2
_BOX_INK: Final = "#1a1a1a"
"""On the boxes, which are as bright on a dark page."""

_FILLS: Final = ("#F6C085", "#F3B06B", "#F7D08A", "#EFA673")


@dataclass(slots=True)
class _Box:
    """A function in one place of the tree, with the time of all it called."""

    total: int = 0
    below: dict[str, _Box] = field(default_factory=dict)


def flame_graph(stacks: Mapping[tuple[str, ...], int], *, title: str) -> bytes:
    """Draw stacks (outermost function first) with the nanoseconds spent in the last function of each."""
    root = _Box()
    for stack, spent_ns in stacks.items():
        box = root
        box.total += spent_ns
        for name in stack:
            box = box.below.setdefault(name, _Box())
            box.total += spent_ns
    boxes = list(_boxes(root, 0.0, 0, WIDTH_PX / max(root.total, 1)))
    depth = 1 + max((level for _, _, level, _, _ in boxes), default=0)
    height = _TOP_PX + depth * ROW_PX + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_PX}" height="{height}" '
        f'viewBox="0 0 {WIDTH_PX} {height}" font-family="DejaVu Sans, sans-serif" font-size="11">',
        f'<rect width="{WIDTH_PX}" height="{height}" fill="{BACKGROUND}"/>',
        f'<text x="8" y="18" font-size="12" fill="{TEXT}">{escape(title)}</text>',
        f'<text x="8" y="34" font-size="10" fill="{MUTED}">width: share of {root.total / 1e9:.3f} s under '
        "the profiler; callees stand on their callers</text>",
    ]
    parts += [_drawn(*box, bottom=height - 8, whole=root.total) for box in boxes]
    return with_dark_style(("\n".join([*parts, "</svg>"]) + "\n").encode("utf-8"))


def _boxes(
    box: _Box, left_px: float, level: int, scale: float
) -> Iterator[tuple[str, float, int, float, int]]:
    """Name, left edge, level, width and time of each box that is wide enough."""
    for name in sorted(box.below):
        child = box.below[name]
        width = child.total * scale
        if width >= MIN_WIDTH_PX:
            yield name, left_px, level, width, child.total
            yield from _boxes(child, left_px, level + 1, scale)
        left_px += width


def _drawn(
    name: str, left: float, level: int, width: float, spent_ns: int, *, bottom: int, whole: int
) -> str:
    top = bottom - (level + 1) * ROW_PX
    fill = _FILLS[sum(name.encode()) % len(_FILLS)]
    share = 100 * spent_ns / max(whole, 1)
    words = f"{name}: {spent_ns / 1e6:,.2f} ms, {share:.1f} %"
    room = int((width - 6) / _CHARACTER_PX)
    label = ""
    if room >= 4:
        name = name if len(name) <= room else name.rpartition(":")[2]
        shown = name if len(name) <= room else f"{name[: room - 1]}…"
        label = f'<text x="{left + 3:.2f}" y="{top + 13}" fill="{_BOX_INK}">{escape(shown)}</text>'
    return (
        f"<g><title>{escape(words)}</title>"
        f'<rect x="{left:.2f}" y="{top}" width="{max(width - 0.5, 0.2):.2f}" height="{ROW_PX - 1}" '
        f'fill="{fill}"/>{label}</g>'
    )
