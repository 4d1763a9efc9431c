"""PNG pictures: whole chunks between the header and the last one, and nothing after it."""

from __future__ import annotations

import zlib

import pytest

from obrelease.analysis.plots.style import draw, new_axes
from obrelease.models.picture_rules import picture_rule
from obrelease.models.png_rules import png_findings
from obrelease.models.svg_rules import svg_findings

PNG = draw(lambda: new_axes(1.0, "a title")[0], "png")


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def header(width: int = 1, height: int = 1) -> bytes:
    return chunk(b"IHDR", width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0")


def test_a_plot_is_whole() -> None:
    assert png_findings(PNG) == ()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not the signature"),
        (b"<svg/>", "not the signature"),
        (PNG[:-1], "not a whole chunk"),
        (PNG[:60], "not a whole chunk"),
        (PNG[:8], "without its last chunk"),
        (PNG + b"<script>", "data after the last chunk"),
        (PNG[:40] + bytes([PNG[40] ^ 1]) + PNG[41:], "checksum"),
        (PNG[:8] + chunk(b"IEND"), "not the header"),
        (PNG[:8] + header(), "without its last chunk"),
        (PNG[:8] + header(0, 1) + chunk(b"IEND"), "0 x 1 pixels"),
        (PNG[:8] + header(2**31, 2**31) + chunk(b"IEND"), "at most 16384 a side"),
    ],
)
def test_anything_else_is_refused(data: bytes, message: str) -> None:
    assert [message in each for each in png_findings(data)] == [True]


@pytest.mark.parametrize(
    ("path", "media_type", "rule"),
    [
        ("a.svg", "image/svg+xml", svg_findings),
        ("a.txt", "image/svg+xml", svg_findings),
        ("a.SVG", "text/plain", svg_findings),
        ("a.svgz", "application/gzip", svg_findings),
        ("a.png", "text/plain", png_findings),
        ("a.csv", "text/csv", None),
        ("svg", "text/plain", None),
    ],
)
def test_a_picture_is_known_by_its_type_or_its_name(path: str, media_type: str, rule: object) -> None:
    assert picture_rule(path, media_type) is rule
