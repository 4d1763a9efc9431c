"""Colours of plots on light and on dark pages: an SVG follows the theme of its page.

An SVG has a style for dark pages (`prefers-color-scheme`), which browsers follow also in an embedded
image; every other reader, and every PNG, has the light colours.
"""

from __future__ import annotations

from typing import Final

BACKGROUND: Final = "#ffffff"
TEXT: Final = "#222222"
MUTED: Final = "#595959"
GRID: Final = "#d9d9d9"

BLUE: Final = "#0072b2"
VERMILLION: Final = "#d55e00"
GREEN: Final = "#009e73"
PURPLE: Final = "#cc79a7"
OLIVE: Final = "#7f6000"
INDIGO: Final = "#332288"
PALETTE: Final = (BLUE, VERMILLION, GREEN, PURPLE, OLIVE, INDIGO)
"""Okabe and Ito's colours, which colour-blind people can distinguish; their orange and their sky blue, too
pale for a line on white, are what `DARK` makes of the last two."""

BAND_ALPHA: Final = 0.3
"""Opacity of a band behind a line; a little more on a dark page."""

_BAND_ALPHA_ON_DARK: Final = 0.4

DARK: Final = {
    BACKGROUND: "#0d1117",
    TEXT: "#e6edf3",
    MUTED: "#9198a1",
    GRID: "#30363d",
    OLIVE: "#e69f00",
    INDIGO: "#56b4e9",
}
"""The colours on a dark page; all others serve on both."""


def with_dark_style(svg: bytes) -> bytes:
    """The SVG with its style for dark pages; the same bytes for the same plot."""
    opened = svg.index(b">", svg.index(b"<svg")) + 1
    return svg[:opened] + f"\n <style>{_style()}</style>".encode() + svg[opened:]


def _style() -> str:
    rules = "".join(
        f'[style*="fill: {light}"],[fill="{light}"]{{fill:{dark}!important}}'
        f'[style*="stroke: {light}"]{{stroke:{dark}!important}}'
        for light, dark in DARK.items()
    )
    rules += "".join(
        f'[style*="{where}{what}: {BAND_ALPHA}"]{{{what}:{_BAND_ALPHA_ON_DARK}!important}}'
        for where, what in (("", "fill-opacity"), ("", "stroke-opacity"), ("; ", "opacity"))
    )
    return f"@media(prefers-color-scheme:dark){{{rules}}}"
