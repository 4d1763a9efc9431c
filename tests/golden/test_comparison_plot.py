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


def test_the_same_runs_give_the_same_bytes_without_a_date() -> None:
    first, again = (overlay(comparison(), title="x10") for _ in range(2))
    assert first == again
    assert b"dc:date" not in first


def test_the_plot_has_titles_and_labels() -> None:
    source = overlay(comparison(), title="bench $x10").decode()
    assert ET.fromstring(source).tag == f"{SVG}svg"
    for words in (
        "bench $x10",
        "base, 6 runs",
        "head, 6 runs",
        "head / base",
        "percentile of messages",
        "99.9 %",
    ):
        assert f"<!-- {words} -->" in source


def test_a_wide_range_of_ratios_has_a_log_scale() -> None:
    far = compare(side("base"), side("head", latency=30.0), Rules(resamples=500))
    for words in ("5", "20"):
        assert f"<!-- {words} -->" in overlay(far, title="x10").decode()
        assert f"<!-- {words} -->" not in overlay(comparison(), title="x10").decode()


def test_a_png_has_the_size_of_the_other_plots() -> None:
    pixels = imread(io.BytesIO(overlay(comparison(), title="x10", image_format="png")), format="png")
    assert pixels.shape[:2] == (580, 800)


def test_runs_without_a_histogram_have_no_plot() -> None:
    base, head = ([replace(run, histograms={}) for run in side(name)] for name in ("base", "head"))
    with pytest.raises(Inconclusive, match="no latency histogram"):
        overlay(compare(base, head, Rules(resamples=500)), title="x10")
