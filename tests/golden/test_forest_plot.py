"""The forest plot of a comparison: order, limits, names of any text, and its formats."""

from __future__ import annotations

import io
from xml.etree import ElementTree as ET

import pytest
from matplotlib.image import imread

from obrelease.analysis.comparison.forest_plot import MAX_ROWS, forest
from obrelease.errors import Inconclusive
from tests.golden.test_comparison_plot import SVG, texts
from tests.unit.analysis.test_comparison_report import compared

NAMES = ["get", "put", "del", "new"]


def drawn(base: dict[str, float], head: dict[str, float]) -> str:
    return forest(compared(base, head), title="imported demo").decode()


def test_changed_rows_come_first_the_largest_change_at_the_top() -> None:
    base = dict.fromkeys(NAMES, 100.0)
    found = texts(drawn(base, base | {"put": 120.0, "new": 300.0, "del": 50.0}))
    assert [text for text in found if text in NAMES] == ["new", "put", "del", "get"]
    assert [text for text in found if "  " in text] == [
        "3.000  worse",
        "1.200  worse",
        "0.500  better",
        "1.000  same",
    ]
    assert {"worse", "better", "same", "head / base, with its interval"} <= set(found)
    assert any(text.startswith("base ababababa (6 runs)") for text in found)


def test_releases_are_named_in_the_legend() -> None:
    base = {"get": 100.0, "put": 100.0}
    picture = forest(compared(base, base), title="t", names=("v1.0", "v1.1")).decode()
    assert "base v1.0, ababababa (6 runs); head v1.1, ababababa (6 runs)" in texts(picture)


def test_at_most_forty_rows_are_drawn_and_the_rest_is_counted() -> None:
    base = {f"case {number}": 100.0 for number in range(MAX_ROWS + 3)}
    found = texts(drawn(base, base | {"case 42": 130.0}))
    assert len([text for text in found if text.startswith("case ")]) == MAX_ROWS
    assert "case 42" in found
    assert "head / base, with its interval; 3 more rows are not drawn" in found


def test_names_are_text_whatever_they_hold_and_cut_for_display() -> None:
    names = ["$x^$ </text><script>alert(1)</script>", "日本語", "\x1b[31m\u202e", "a" * 30 + "b" * 30, ""]
    base = {name: 100.0 + number for number, name in enumerate(names)}
    svg = drawn(base, base)
    assert not list(ET.fromstring(svg).iter(f"{SVG}script"))
    found = texts(svg)
    assert "$x^$ </text><script>alert(1)</script>" in found
    assert "日本語" in found
    assert any(text.startswith("\ufffd[31m") for text in found)
    (cut,) = (text for text in found if text.startswith("aaa"))
    assert (len(cut), "…" in cut, cut[-1]) == (44, True, "b")


@pytest.mark.parametrize(
    ("change", "ticks"), [(1.0, {"1", "1.02"}), (1.5, {"0.8", "1", "1.4"}), (9.0, {"0.25", "1", "4"})]
)
def test_ticks_are_round_ratios(change: float, ticks: set[str]) -> None:
    base = {"get": 100.0, "put": 100.0}
    assert ticks <= set(texts(drawn(base, base | {"put": 100.0 * change})))


def test_it_says_what_it_shows_and_is_the_same_again() -> None:
    base = {"get": 100.0, "put": 100.0}
    svg = drawn(base, base | {"put": 130.0})
    assert svg == drawn(base, base | {"put": 130.0})
    (described,) = (each.text for each in ET.fromstring(svg).iter(f"{SVG}desc"))
    assert described == ("Ratios of head over base with intervals: 1 worse, 1 same. put: 1.300, worse.")


def test_png_and_pdf() -> None:
    comparison = compared({"get": 100.0}, {"get": 120.0})
    png = forest(comparison, title="日本", image_format="png")
    assert imread(io.BytesIO(png), format="png").shape[1] == 800
    pdf = [forest(comparison, title="日本", image_format="pdf") for _ in range(2)]
    assert pdf[0] == pdf[1]
    assert pdf[0].startswith(b"%PDF-")
    assert b"CreationDate" not in pdf[0]


def test_rows_without_a_ratio_are_no_plot() -> None:
    with pytest.raises(Inconclusive, match="no row has a ratio"):
        drawn({"misses": 0.0}, {"misses": 5.0})
