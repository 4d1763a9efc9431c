"""Plots drawn again: refused if the same libraries draw another one, named if others do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obrelease.analysis.consistency.redrawn_plots import false_plots, redraw_plots
from obrelease.analysis.plots.style import drawing_libraries
from obrelease.api import run_bench, validate
from obrelease.models.artefact import Artefact
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.validation import read_document
from obrelease.storage.hashing import digest_bytes, digest_file


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return run_bench(messages=200, passes=2, core="reference", project=tmp_path).entry.folder


def forged(run: Path, **changes: object) -> Path:
    """The run with another latency plot, at the place of its new digest."""
    plot = run / "latency.svg"
    plot.write_bytes(plot.read_bytes().replace(b"L 2", b"L 3"))
    document = json.loads((run / "artefact.json").read_bytes()) | changes
    for entry in document["files"]:
        entry["sha256"], entry["size"] = digest_file(run / entry["path"])
    data = canonical_bytes(document)
    (run / "artefact.json").write_bytes(data)
    return run.rename(run.with_name(digest_bytes(data)[:12]))


def envelope(run: Path) -> Artefact:
    return read_document((run / "artefact.json").read_bytes(), Artefact, "x")


def test_a_run_names_what_drew_its_plots(run: Path) -> None:
    assert envelope(run).drawn_with == drawing_libraries()
    assert (false_plots(envelope(run), run), validate(run.parent).problems) == ((), ())


def test_a_false_plot_is_a_problem_of_the_run(run: Path) -> None:
    moved = forged(run)
    (problem,) = validate(moved.parent).problems
    assert (problem.path, problem.rule) == (str(moved / "latency.svg"), "plot")


@pytest.mark.parametrize("libraries", [{}, {"matplotlib": "1.5.3"}])
def test_without_the_same_libraries_a_difference_is_no_proof(run: Path, libraries: dict[str, str]) -> None:
    moved = forged(run, drawn_with=libraries or {"none": "0"})
    found = redraw_plots(envelope(moved), moved)
    assert (found.different, found.false) == (("latency.svg",), ())
    assert validate(moved.parent).problems == ()
