"""Plots on light and dark pages: all that is drawn is visible, and series differ for every eye."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import combinations
from typing import Final
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from numpy.typing import NDArray

from obrelease.analysis.comparison.plot import overlay
from obrelease.analysis.kinds.profile.flame_graph import flame_graph
from obrelease.analysis.plots.colours import BACKGROUND, BAND_ALPHA, DARK, GRID, MUTED, PALETTE, TEXT
from tests.golden import test_plots_of_kinds as modes
from tests.golden.test_comparison_plot import comparison
from tests.golden.test_plots_are_deterministic import ALL

PLOTS: Final[dict[str, Callable[[], bytes]]] = {
    **{name: lambda draw=draw: draw("A title", "svg") for name, (draw, _) in ALL.items()},  # type: ignore[misc]
    **{
        draw.__name__: lambda draw=draw: draw("A title", "svg")  # type: ignore[misc]
        for draw in (modes.knee, modes.scales, modes.architectures, modes.risk, modes.depth)
    },
    "overlay": lambda: overlay(comparison(), title="x10"),
}
every_plot = pytest.mark.parametrize("name", PLOTS)

PAINT: Final = re.compile(r"(?:fill|stroke): (#[0-9a-f]{6}|[a-z]+)")
DARK_STYLE: Final = re.compile(r" <style>@media\(prefers-color-scheme:dark\)\{.*\}</style>\n")

# Machado, Oliveira and Fernandes (2009), full strength, on linear RGB; Ottosson's Oklab (2020).
EYES: Final = {
    "trichromat": np.eye(3),
    "protanope": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranope": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanope": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
TO_CONES: Final = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB: Final = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
LEAST_APART: Final = 0.06
"""In Oklab. Okabe and Ito's six are 0.076 apart; green and purple are the nearest, to a deuteranope."""


def linear(color: str) -> NDArray[np.float64]:
    """The sRGB colour as light."""
    steps = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    low, high = sorted(float(linear(color) @ weights) + 0.05 for color in (one, other))
    return high / low


def oklab(color: str, eye: str) -> NDArray[np.float64]:
    seen = np.clip(EYES[eye] @ linear(color), 0, 1)
    return np.asarray(TO_LAB @ np.cbrt(TO_CONES @ seen))


def on(page: str, color: str) -> str:
    return DARK.get(color, color) if page == "dark" else color


def source(name: str) -> str:
    return DARK_STYLE.sub("", PLOTS[name]().decode())


on_both = pytest.mark.parametrize("page", ["light", "dark"])


@on_both
def test_text_and_lines_have_contrast(page: str) -> None:
    paper = on(page, BACKGROUND)
    for text in (TEXT, MUTED):
        assert contrast(on(page, text), paper) >= 4.5
    for line in PALETTE:
        assert contrast(on(page, line), paper) >= 3
    assert 1.2 < contrast(on(page, GRID), paper) < 3, "a grid is seen, and never before the data"


@on_both
@pytest.mark.parametrize("eye", EYES)
def test_no_two_series_look_alike(page: str, eye: str) -> None:
    for one, other in combinations(PALETTE, 2):
        apart = np.linalg.norm(oklab(on(page, one), eye) - oklab(on(page, other), eye))
        assert apart >= LEAST_APART, (one, other)


@every_plot
def test_only_colours_with_contrast_are_used(name: str) -> None:
    assert set(PAINT.findall(source(name))) <= {BACKGROUND, TEXT, MUTED, GRID, *PALETTE, "none"}


@every_plot
def test_text_has_the_text_colour(name: str) -> None:
    written = re.findall(r'<!-- [^\n]*-->\n\s*<g style="fill: (#[0-9a-f]{6})', source(name))
    written += re.findall(r'<text style="[^"]*fill: (#[0-9a-f]{6})', source(name))
    assert len(written) == len(re.findall(r'<g id="text_', source(name)))
    assert set(written) == {TEXT}


@every_plot
def test_the_background_is_painted(name: str) -> None:
    first = re.search(r'<g id="patch_1">\s*<path d="[^"]*" style="([^"]*)"', source(name))
    assert first is not None
    assert first[1] == f"fill: {BACKGROUND}"


@every_plot
def test_a_dark_page_replaces_colours_without_contrast(name: str) -> None:
    drawn = PLOTS[name]().decode()
    ET.fromstring(drawn)
    (style,) = DARK_STYLE.findall(drawn)
    for light, dark in DARK.items():
        assert f'[style*="fill: {light}"],[fill="{light}"]{{fill:{dark}!important}}' in style
        assert f'[style*="stroke: {light}"]{{stroke:{dark}!important}}' in style
    faint = set(re.findall(r"opacity: ([0-9.]+)", source(name)))
    assert all(float(part) >= BAND_ALPHA for part in faint)


def test_a_flame_graph_keeps_its_box_colours_on_dark_pages() -> None:
    drawn = flame_graph(modes.STACKS, title="a <title>").decode()
    (style,) = DARK_STYLE.findall(drawn)
    root = ET.fromstring(drawn)
    texts = [each.attrib["fill"] for each in root.iter(f"{modes.SVG}text")]
    page, *boxes = [each.attrib["fill"] for each in root.iter(f"{modes.SVG}rect")]
    assert (page, *texts[:2]) == (BACKGROUND, TEXT, MUTED)
    for color in (page, *texts[:2]):
        assert f'[fill="{color}"]{{fill:{DARK[color]}!important}}' in style
    assert texts[2:]
    for box in boxes:
        assert box not in DARK
        assert all(contrast(text, box) >= 4.5 for text in texts[2:])
        assert contrast(box, DARK[BACKGROUND]) >= 3
    assert not DARK.keys() & {*texts[2:]}
