"""A kind of run is one value in one table: recording, checks, notes and plots follow it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from obrelease import __version__
from obrelease.analysis.consistency.derived_values import check_derived_values
from obrelease.analysis.histograms.histogram import encode, summary_of
from obrelease.analysis.kinds import all_kinds
from obrelease.analysis.kinds.all_kinds import KINDS, derived_files, variants_of
from obrelease.analysis.kinds.csv_table import csv_table, whole_numbers
from obrelease.analysis.kinds.run_kind import DerivedTable, RunContent, RunKind, Variants, read_content
from obrelease.analysis.notes.release_notes import release_notes
from obrelease.analysis.summary.key_figures import measures
from obrelease.analysis.summary.read_run import read_run
from obrelease.models.artefact import Artefact, HistogramRef, Kind, Producer, own_series
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.drafts import draft


def waits_csv(content: RunContent) -> bytes:
    return csv_table(["p50_ns"], [(summary_of(content.histogram("waits")).p50_ns,)])


def steps_rule(_: RunContent, table: bytes) -> Iterator[str]:
    if whole_numbers(table, ["step"], text_columns=0) != [[1], [2]]:
        yield "steps are not 1 and 2"


def size_rule(content: RunContent) -> Iterator[str]:
    if content.artefact.parameters["size"] != len(content.list_parameter("parts")):
        yield "size is not the number of parts"


def variants(content: RunContent) -> Variants:
    return Variants(("part",), tuple((part,) for part in content.list_parameter("parts")))


SOAK = RunKind(
    "profile",  # the name is a part of the schema; the rest is made up
    derived_tables=(DerivedTable("waits.csv", waits_csv),),
    measured_tables={"steps.csv": steps_rule},
    rules=(size_rule,),
    plots=lambda content: {"waits.svg": f"<svg>{content.histogram('waits').count}</svg>".encode()},
    variants=variants,
    figures=frozenset({"leak"}),
    remark="A soak says nothing about speed.",
)


@pytest.fixture
def soak_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recorded run of a made-up kind."""
    monkeypatch.setattr(all_kinds, "KINDS", (SOAK,))
    hlog = encode(np.array([100, 200, 300])).hlog
    artefact = draft(
        1,
        kind="profile",
        outcome=None,
        workload=None,
        producer=Producer(name="obrelease", version=__version__),
        parameters={"size": 2, "parts": "a,b"},
        metrics=(own_series("leak", "bytes", (5,)),),
        histograms=(
            HistogramRef(
                id="waits", tag="waits", path="w.hlog", unit="ns", clock="service", count=3, out_of_range=0,
                significant_digits=3,
            ),
        ),
    )  # fmt: skip
    measured = NewFile("steps.csv", "text/csv", b"step\n1\n2\n")
    histogram = NewFile("w.hlog", "text/plain", hlog)
    (tmp_path / "w.hlog").write_bytes(hlog)
    files = derived_files(read_content(artefact, tmp_path))
    return Registry(tmp_path / "results").record(artefact, [histogram, measured, *files]).folder


def load(folder: Path, **changes: object) -> Artefact:
    document = json.loads((folder / "artefact.json").read_text()) | changes
    return Artefact.model_validate_json(json.dumps(document))


def test_every_kind_of_the_schema_is_in_the_table() -> None:
    assert sorted(kind.name for kind in KINDS) == sorted(get_args(Kind))


def test_tables_and_plots_of_a_new_kind_are_recorded(soak_folder: Path) -> None:
    assert (soak_folder / "waits.csv").read_bytes() == b"p50_ns\n200\n"
    assert (soak_folder / "waits.svg").read_bytes() == b"<svg>3</svg>"


def test_numbers_of_a_new_kind_are_checked(soak_folder: Path) -> None:
    assert check_derived_values(load(soak_folder), soak_folder) == ()
    (soak_folder / "waits.csv").write_bytes(b"p50_ns\n7\n")
    (soak_folder / "steps.csv").write_bytes(b"step\n2\n1\n")
    changed = load(soak_folder, parameters={"size": 3, "parts": "a,b"})
    found = {Path(each.path).name: each.message for each in check_derived_values(changed, soak_folder)}
    assert found == {
        "waits.csv": "line 2: p50_ns is '7', and should be '200'",
        "steps.csv": "steps are not 1 and 2",
        "artefact.json": "size is not the number of parts",
    }


def test_notes_show_the_variants_figures_and_remark_of_a_new_kind(soak_folder: Path) -> None:
    artefact = load(soak_folder)
    rows = variants_of(artefact, soak_folder)
    assert rows == Variants(("part",), (("a",), ("b",)))
    run = read_run(artefact, digest="ab" * 32, folder=soak_folder)
    assert [figure.metric for figure in measures(run)] == ["leak"]
    notes = release_notes("demo", "v1", "c" * 40, [run], variants={"ab" * 32: rows})
    assert "A soak says nothing about speed." in notes
    assert "| part |" in notes


def test_each_measurement_of_another_tool_is_a_metric(
    soak_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_run(load(soak_folder), digest="d", folder=soak_folder).metrics == {}
    monkeypatch.setattr(all_kinds, "KINDS", (RunKind("profile", other_tool=True),))
    assert [*read_run(load(soak_folder), digest="d", folder=soak_folder).metrics] == ["leak"]
