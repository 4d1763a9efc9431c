"""Plots of stress, architectures, risk and profiles: same bytes for same data, and their content."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from obrelease.analysis.kinds.architectures.plot import architectures_compared
from obrelease.analysis.kinds.profile.flame_graph import MIN_WIDTH_PX, WIDTH_PX, flame_graph
from obrelease.analysis.kinds.stress.plots import latency_against_load, throughput_by_scale
from obrelease.analysis.kinds.stress.tables import LoadRow
from obrelease.analysis.kinds.timed_passes.depth_plot import depth_over_day
from obrelease.analysis.kinds.timed_passes.risk_plot import inventory_and_pnl
from obrelease.analysis.plots.style import ImageFormat, PictureOptions, picture_options

SVG = "{http://www.w3.org/2000/svg}"
LOADS = [
    LoadRow(load, load, *(n * load // 1_000 for n in (100, 200, 300, 400) * 3)) for load in (1_000, 9_000)
]


def knee(title: str, image_format: ImageFormat) -> bytes:
    return latency_against_load(LOADS, knee_msg_s=9_000, title=title, image_format=image_format)


def no_knee(title: str, image_format: ImageFormat) -> bytes:
    return latency_against_load(LOADS[:1], knee_msg_s=0, title=title, image_format=image_format)


def scales(title: str, image_format: ImageFormat) -> bytes:
    return throughput_by_scale({10: [5, 7, 6], 1: [4]}, title=title, image_format=image_format)


def architectures(title: str, image_format: ImageFormat) -> bytes:
    rates = {"inline": (10, 12), "pipeline": (100, 90)}
    return architectures_compared(
        rates,
        {"inline": {"match": 5}, "pipeline": {"match": 0, "merge": 2}},
        title=title,
        image_format=image_format,
    )


def risk(title: str, image_format: ImageFormat) -> bytes:
    at = np.arange(34_200, 34_300, dtype=np.int64) * 1_000_000_000
    lots = (at % 7) - 3
    return inventory_and_pnl(at, lots, 100 * lots, at[::9], title=title, image_format=image_format)


def calm(title: str, image_format: ImageFormat) -> bytes:
    at = np.array([34_200_000_000_000], dtype=np.int64)
    return inventory_and_pnl(at, at * 0, at * 0, at[:0], title=title, image_format=image_format)


def depth(title: str, image_format: ImageFormat) -> bytes:
    at = np.arange(34_200, 36_000, dtype=np.int64) * 1_000_000_000
    return depth_over_day(
        at, 300 + at // 10**9 % 70, 200 + at // 10**9 % 90, title=title, image_format=image_format
    )


def one_row(title: str, image_format: ImageFormat) -> bytes:
    at = np.array([34_200_000_000_000], dtype=np.int64)
    return depth_over_day(at, at * 0, at * 0, title=title, image_format=image_format)


@pytest.mark.parametrize("draw", [knee, no_knee, scales, architectures, risk, calm, depth, one_row])
def test_equal_data_give_equal_bytes_eight_hundred_wide(draw: Callable[[str, ImageFormat], bytes]) -> None:
    first, second = draw("a $title$ <&>", "svg"), draw("a $title$ <&>", "svg")
    assert first == second
    root = ET.fromstring(first)
    assert root.get("width") == "576pt"
    assert b"<dc:date>" not in first
    assert draw("t", "png").startswith(b"\x89PNG")


STACKS = {("a.py:main",): 10, ("a.py:main", "b.py:<work>"): 80, ("c.py:other",): 10, ("c.py:other", "d"): 0}


def test_a_flame_graph_shares_its_width_by_time() -> None:
    drawn = flame_graph(STACKS, title="a <title>")
    assert drawn == flame_graph(dict(reversed(STACKS.items())), title="a <title>")
    root = ET.fromstring(drawn)
    boxes = {}
    for group in root.iter(f"{SVG}g"):
        name = (group.findtext(f"{SVG}title") or "").rpartition(": ")[0]
        boxes[name] = float(group.findall(f"{SVG}rect")[0].attrib["width"])
    assert boxes == {
        "a.py:main": pytest.approx(0.9 * WIDTH_PX, abs=MIN_WIDTH_PX + 0.5),
        "b.py:<work>": pytest.approx(0.8 * WIDTH_PX, abs=MIN_WIDTH_PX + 0.5),
        "c.py:other": pytest.approx(0.1 * WIDTH_PX, abs=MIN_WIDTH_PX + 0.5),
    }


def test_an_empty_flame_graph_is_a_valid_plot() -> None:
    assert ET.fromstring(flame_graph({}, title="empty")).get("width") == str(WIDTH_PX)


def test_architectures_have_bars_if_recorded_and_marks_if_asked_for() -> None:
    recorded = architectures("a", "svg")
    with picture_options(PictureOptions("svg")):
        asked = architectures("a", "svg")
    assert recorded == architectures("a", "svg")
    assert b"<text" not in recorded
    root = ET.fromstring(asked)
    assert {"match", "merge", "busy, ns per message"} <= {each.text for each in root.iter(f"{SVG}text")}
    rectangles = [
        len([each for each in ET.fromstring(svg).iter() if each.get("id", "").startswith("patch")])
        for svg in (recorded, asked)
    ]
    assert rectangles[0] > rectangles[1]


def test_a_sweep_has_three_lines_and_a_band() -> None:
    with picture_options(PictureOptions("svg")):
        root = ET.fromstring(knee("a", "svg"))
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert [text for text in texts if text and text.startswith("response")] == [
        "response p99.9",
        "response p99",
        "response p50",
    ]
    assert "undisturbed, p50 to p99" in texts
