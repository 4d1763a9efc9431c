"""The pictures of a run: formats, sizes, text, and that recorded pictures are drawn as before."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from matplotlib.image import imread

from obrelease.analysis.kinds.all_kinds import kind_of
from obrelease.analysis.kinds.run_kind import read_content
from obrelease.api.run_pictures import plot_run
from obrelease.cli.app import execute
from obrelease.errors import NotFound, UsageError
from obrelease.registry.store import Registry

ROOT = Path(__file__).resolve().parents[3]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def digest() -> str:
    """A recorded run of this repository."""
    (entry, *_) = [each for each in Registry(ROOT / "results").find() if each.kind == "bench"]
    return entry.digest


def test_an_svg_has_text_a_title_and_a_description(digest: str) -> None:
    pictures = plot_run(digest, registry=ROOT / "results")
    assert set(pictures) == {"latency.svg", "throughput.svg"}
    root = ET.fromstring(pictures["latency.svg"])
    texts = {"".join(each.itertext()) for each in root.iter(f"{SVG}text")}
    assert "percentile of messages" in texts
    (title,) = (each.text or "" for each in root if each.tag == f"{SVG}title")
    (description,) = (each.text or "" for each in root if each.tag == f"{SVG}desc")
    assert title in texts
    assert description.startswith("service time per message over percentile of messages")


@pytest.mark.parametrize("image_format", ["png", "pdf"])
def test_other_formats_are_the_same_again(digest: str, image_format: str) -> None:
    first, again = (
        plot_run(digest, image_format=image_format, size="700x400", registry=ROOT / "results")
        for _ in range(2)
    )
    assert first == again
    data = first[f"latency.{image_format}"]
    if image_format == "png":
        assert imread(io.BytesIO(data), format="png").shape[:2] == (400, 700)
    else:
        assert data.startswith(b"%PDF-")
        assert b"504 288" in data, "700 by 400 pixels of 1/100 inch in points"


def test_recorded_pictures_are_drawn_as_before(digest: str) -> None:
    entry = Registry(ROOT / "results").resolve(digest)
    artefact = Registry(ROOT / "results").load(entry)
    before = dict(kind_of(artefact).plots(read_content(artefact, entry.folder)))
    plot_run(digest, image_format="pdf", size="300x300", registry=ROOT / "results")
    assert dict(kind_of(artefact).plots(read_content(artefact, entry.folder))) == before
    assert b"<title" not in before["latency.svg"]
    assert b"<text" not in before["latency.svg"]


def test_bad_sizes_and_formats_are_named(digest: str) -> None:
    for size in ("", "700", "700x", "x400", "99x400", "700x99999", "7e2x400", "-700x400", "700X400"):
        with pytest.raises(UsageError, match="the size is"):
            plot_run(digest, size=size, registry=ROOT / "results")
    with pytest.raises(UsageError, match="the format is 'gif'"):
        plot_run(digest, image_format="gif", registry=ROOT / "results")
    with pytest.raises(NotFound):
        plot_run("ffffffffffffffff", registry=ROOT / "results")


def test_the_command_writes_the_files(
    digest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    results = str(ROOT / "results")
    assert execute(["plot", digest, "--results", results, "--format", "png", "--output", "."]) == 0
    assert capfd.readouterr().out.splitlines() == ["latency.png", "throughput.png"]
    assert {path.name for path in tmp_path.glob("*.png")} == {"latency.png", "throughput.png"}
    assert execute(["plot", digest, "--results", results, "--output", "none"]) == 9
    assert "none" in capfd.readouterr().err
