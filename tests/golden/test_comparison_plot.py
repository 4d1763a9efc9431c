"""The overlay of a comparison: the same bytes for the same runs, and what a reader must find in it."""

from __future__ import annotations

import io
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from matplotlib.image import imread

from obrelease.analysis.comparison.compare import Comparison, compare
from obrelease.analysis.comparison.plot import overlay
from obrelease.analysis.comparison.verdict import Rules
from obrelease.errors import Inconclusive
from tests.made_up_runs import side

SVG = "{http://www.w3.org/2000/svg}"


def comparison() -> Comparison:
    return compare(side("base"), side("head", latency=1.1), Rules(resamples=500))


def texts(svg: str) -> list[str]:
    """The texts of a picture, as a reader or a search finds them."""
    return ["".join(element.itertext()) for element in ET.fromstring(svg).iter(f"{SVG}text")]


def test_the_same_runs_give_the_same_bytes_without_a_date() -> None:
    first, again = (overlay(comparison(), title="x10") for _ in range(2))
    assert first == again
    assert b"dc:date" not in first


def test_the_plot_has_titles_and_labels() -> None:
    source = overlay(comparison(), title="bench $x10").decode()
    assert ET.fromstring(source).tag == f"{SVG}svg"
    for words in (
        "bench $x10",
        "base ababababa (6 runs)",
        "head ababababa (6 runs)",
        "head / base",
        "percentile of messages",
        "99.9 %",
    ):
        assert words in texts(source)


def test_a_wide_range_of_ratios_has_a_log_scale() -> None:
    far = compare(side("base"), side("head", latency=30.0), Rules(resamples=500))
    for words in ("5", "20"):
        assert words in texts(overlay(far, title="x10").decode())
        assert words not in texts(overlay(comparison(), title="x10").decode())


def test_a_png_has_the_size_of_the_other_plots() -> None:
    pixels = imread(io.BytesIO(overlay(comparison(), title="x10", image_format="png")), format="png")
    assert pixels.shape[:2] == (580, 800)


def test_runs_without_a_histogram_have_no_plot() -> None:
    base, head = ([replace(run, histograms={}) for run in side(name)] for name in ("base", "head"))
    with pytest.raises(Inconclusive, match="no latency histogram"):
        overlay(compare(base, head, Rules(resamples=500)), title="x10")


def test_it_has_a_title_and_a_description_for_screen_readers() -> None:
    root = ET.fromstring(overlay(comparison(), title="bench <x10> & more").decode())
    assert root.get("role") == "img"
    named = {
        element.get("id"): element.text or "" for element in root if element.get("id", "").startswith("pic")
    }
    assert root.get("aria-labelledby", "").split() == list(named)
    assert named["picture-title"] == "bench <x10> & more"
    assert "99 %: 1.1" in named["picture-description"]
