"""Plots: the same bytes for the same data in any surroundings, and what a reader must find in them."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.image import imread

from obrelease.analysis.histograms.histogram import Histogram, encode
from obrelease.analysis.histograms.histogram_log import decode
from obrelease.analysis.kinds.timed_passes.plots import throughput_by_pass, touch_over_day
from obrelease.analysis.plots.latency_curve import latency_curve
from obrelease.analysis.plots.style import ImageFormat

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"
Draw = Callable[[str, ImageFormat], bytes]


def histogram(count: int = 20_000) -> Histogram:
    values = 900 + (np.arange(count, dtype=np.int64) * 7919) % 4096
    values[::997] += 50_000
    return decode(encode(values).hlog)


def draw_latency(title: str, image_format: ImageFormat) -> bytes:
    return latency_curve({"reference": histogram()}, title=title, clock="service", image_format=image_format)


def draw_two(title: str, image_format: ImageFormat) -> bytes:
    both = {"reference": histogram(), "native": histogram(5_000)}
    return latency_curve(both, title=title, clock="response", image_format=image_format)


def draw_throughput(title: str, image_format: ImageFormat) -> bytes:
    return throughput_by_pass([612_345, 598_000, 603_210], title=title, image_format=image_format)


def draw_touch(title: str, image_format: ImageFormat) -> bytes:
    steps = np.arange(5_000, dtype=np.int64)
    bid_ticks = 2_234_000 + (steps * 7919) % 1_000
    times = 34_200 * 10**9 + steps * 4 * 10**9
    return touch_over_day(
        times, bid_ticks, bid_ticks + 100 + steps % 7, title=title, image_format=image_format
    )


ALL: dict[str, tuple[Draw, list[str]]] = {
    "latency": (draw_latency, ["service time per message", "percentile of messages", "99.9 %", "µs"]),
    "two": (draw_two, ["response time per message", "reference", "native"]),
    "throughput": (draw_throughput, ["throughput, messages/s", "pass, in order", "median 603.2 k msg/s"]),
    "touch": (draw_touch, ["price, ticks", "spread, ticks", "time of day", "best bid", "10:00"]),
}
every_picture = pytest.mark.parametrize("name", ALL)

SCRIPT = """
import importlib.util, locale, sys
locale.setlocale(locale.LC_ALL, "")
spec = importlib.util.spec_from_file_location("plots", sys.argv[1])
plots = importlib.util.module_from_spec(spec)
spec.loader.exec_module(plots)
for name, (draw, _) in plots.ALL.items():
    for kind in ("svg", "png"):
        with open(f"{sys.argv[2]}/{name}.{kind}", "wb") as file:
            file.write(draw("A title", kind))
"""


def draw_elsewhere(folder: Path, **surroundings: str) -> dict[str, bytes]:
    """Draw every plot in a fresh process."""
    folder.mkdir()
    environment = {"PATH": os.defpath, "MPLCONFIGDIR": str(folder / "mpl"), **surroundings}
    (folder / "mpl").mkdir()
    if "bad" in folder.name:
        style = "font.size: 33\nsvg.fonttype: none\nlines.linewidth: 9\naxes.facecolor: black\n"
        (folder / "mpl" / "matplotlibrc").write_text(style)
    out = folder / "out"
    out.mkdir()
    command = [sys.executable, "-c", SCRIPT, __file__, str(out)]
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "engine")])
    subprocess.run(command, env=environment, check=True, cwd=folder, timeout=120)
    return {path.name: path.read_bytes() for path in sorted(out.iterdir())}


def test_the_environment_does_not_change_the_bytes(tmp_path: Path) -> None:
    plain = draw_elsewhere(tmp_path / "plain", PYTHONHASHSEED="1", TZ="UTC", LC_ALL="C")
    moved = draw_elsewhere(
        tmp_path / "bad-style",
        PYTHONHASHSEED="4242",
        TZ="Pacific/Kiritimati",
        LC_ALL="de_DE.UTF-8" if locale_exists("de_DE.utf8") else "C.UTF-8",
        SOURCE_DATE_EPOCH="1",
        MPLBACKEND="svg",
    )
    assert len(plain) == 2 * len(ALL)
    assert {name for name in plain if plain[name] != moved[name]} == set()


def locale_exists(name: str) -> bool:
    listed = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout
    return name in listed.split()


@every_picture
def test_two_draws_in_one_process_give_equal_bytes(name: str) -> None:
    draw, _ = ALL[name]
    assert draw("A title", "svg") == draw("A title", "svg")


@every_picture
def test_units_and_names_are_in_the_plot(name: str) -> None:
    draw, words = ALL[name]
    text = draw("A title", "svg").decode("utf-8")
    for word in [*words, "A title"]:
        assert f"<!-- {word}" in text or f"{word} -->" in text, word


@every_picture
def test_plots_are_800_pixels_wide_and_opaque(name: str) -> None:
    draw, _ = ALL[name]
    pixels = imread(io.BytesIO(draw("A title", "png")), format="png")
    assert pixels.shape[1] == 800
    assert (pixels[..., 3] == 1).all()


@every_picture
@pytest.mark.parametrize("title", ["$\\frac{1}{$", "--><script>x</script>", "a & b < c", "100 % ünïcode"])
def test_titles_are_text(name: str, title: str) -> None:
    draw, _ = ALL[name]
    root = ET.fromstring(draw(title, "svg"))
    assert root.tag == f"{SVG}svg"
    assert not list(root.iter(f"{SVG}script"))
    assert not list(root.iter("script"))


@every_picture
def test_no_date_no_version_no_outside_address_is_loaded(name: str) -> None:
    draw, _ = ALL[name]
    root = ET.fromstring(draw("A title", "svg"))
    assert not [e for e in root.iter() if e.tag.endswith(("date", "creator", "image"))]
    links = [v for e in root.iter() for k, v in e.attrib.items() if k.endswith("href")]
    assert all(link.startswith("#") for link in links)


def test_the_style_of_the_caller_is_restored() -> None:
    with mpl.rc_context({"font.size": 23.0, "svg.hashsalt": "mine"}):
        before = dict(mpl.rcParams)
        draw_throughput("A title", "svg")
        assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 101])
def test_small_and_empty_histograms_are_drawn(count: int) -> None:
    values = np.arange(1, count + 1, dtype=np.int64) * 100
    plot = latency_curve({"x": decode(encode(values).hlog)}, title="small", clock="service")
    assert ET.fromstring(plot).tag == f"{SVG}svg"


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_short_days_are_drawn(rows: int) -> None:
    ticks = np.full(rows, 100, dtype=np.int64)
    times = np.arange(rows, dtype=np.int64)
    assert ET.fromstring(touch_over_day(times, ticks, ticks + 1, title="short")).tag == f"{SVG}svg"
