"""Titles and descriptions of pictures for screen readers and search, and text that stays text.

Formats: SVG 1.1, section 5.4 (`title` and `desc`); WAI-ARIA Graphics (role `img` with `aria-labelledby`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

_FONT: Final = re.compile(rb"(style=\"[^\"<>]*'DejaVu Sans')")
_FALLBACKS: Final = rb"\1, Verdana, sans-serif"


@dataclass(frozen=True, slots=True)
class PictureText:
    """What a picture shows.

    Attributes:
        title: one line.
        description: a sentence or more with the figures that matter.
    """

    title: str
    description: str


def with_picture_text(svg: bytes, text: PictureText) -> bytes:
    """The SVG with its title and description, and fonts for machines that lack the one of the layout."""
    start = svg.index(b"<svg")
    end = svg.index(b">", start)
    root = svg[start:end] + b' role="img" aria-labelledby="picture-title picture-description"'
    words = (
        f'\n <title id="picture-title">{escape(one_line(text.title))}</title>'
        f'\n <desc id="picture-description">{escape(one_line(text.description))}</desc>'
    )
    return svg[:start] + root + b">" + words.encode() + _FONT.sub(_FALLBACKS, svg[end + 1 :])


def one_line(text: str) -> str:
    """The text as it can be drawn and searched: control and format characters are U+FFFD."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
