"""`obrelease show`: every metric and histogram under its own name, in readable units; JSON raw and whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from obrelease.analysis.histograms.histogram import encode
from obrelease.analysis.kinds.all_kinds import command_of
from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.models.artefact import (
    Artefact,
    HistogramRef,
    Label,
    LeftOutRow,
    RecordedMetric,
    RecordedSummary,
    own_series,
)
from obrelease.models.metric_identity import histogram_id, metric_id
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.drafts import draft, record_version_1, run_files, version_1_draft

TAGS = ("READ", "read", "")


def metric(name: str, unit: str, *samples: float, **fields: Any) -> RecordedMetric:
    made = own_series(name, unit, samples)
    return RecordedMetric.model_validate(
        made.model_dump()
        | fields
        | {"id": metric_id(name, fields.get("parameters", {})), "samples": tuple(samples)}
    )


def imported(**changes: Any) -> Artefact:
    fields: dict[str, Any] = {
        "kind": "imported",
        "workload": None,
        "outcome": None,
        "parameters": {},
        "title": "My Suite",
        "command": ("cargo", "bench"),
    }
    return draft(1, **(fields | changes))


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> str:
        capsys.readouterr()
        assert execute(["show", "latest", *words]) == ExitCode.OK
        return capsys.readouterr().out

    return call


def record(artefact: Artefact, *files: NewFile) -> None:
    Registry(Path("results")).record(artefact, files)


def table(text: str, first: str) -> dict[str, list[str]]:
    """The cells of the rows of the table whose first column has this title."""
    (block,) = (part for part in text.split("\n\n") if part.startswith(f"{first} "))
    lines = [[cell for cell in line.split("  ") if cell] for line in block.splitlines()]
    return {line[0].strip(): [cell.strip() for cell in line[1:]] for line in lines}


def test_every_metric_has_its_own_name_and_a_readable_value(show: Any) -> None:
    summary = RecordedSummary(value=5.5e6, statistic="mean", count=9, figures={"p90": 6e6, "minimum": 5e6})
    record(
        imported(
            metrics=(
                metric("BM<int>/4", "ns", 1_200, 1_100, 1_300),
                metric("BM<int>/4:items_per_second", "1/s", 48_400_000, primary=False, direction="higher"),
                metric("BM<int>/4:memory", "B", 3_250_586, primary=False, parameters={"threads": 8}),
                RecordedMetric(
                    id=metric_id("BM_\u0394", {}), name="BM_\u0394", unit="ns", summary=summary, group="g"
                ),
            )
        )
    )
    rows = table(show(), "metric")
    assert rows["BM<int>/4"][:5] == ["1.2 us", "1.1 us", "1.3 us", "3", "lower"]
    assert rows["BM<int>/4:items_per_second"][:1] == ["48.4 M/s"]
    assert rows["BM<int>/4:memory"][0] == "3.1 MiB"
    assert rows["BM<int>/4:memory"][-1] == "threads=8"
    assert rows["BM_\u0394"][:6] == ["5.5 ms (mean)", "5 ms", "-", "9", "-", "g"]
    assert "p90 6 ms" in table(show("-v"), "metric")["BM_\u0394"][-2]


def test_names_are_escaped_and_cut_in_text_and_whole_in_json(
    show: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["a\x1b[31m\n", "\u202eb", "x" * 500 + "/1", "x" * 500 + "/2"]
    record(imported(metrics=tuple(metric(name, "ns", 1) for name in names)))
    monkeypatch.setattr("obrelease.cli.console.table.terminal_width", lambda: 80)
    text = show()
    assert "\x1b" not in text
    assert "\u202e" not in text
    rows = table(text, "metric")
    assert "a\\x1b[31m\\n" in rows
    assert "\\u202eb" in rows
    assert {row[-2:] for row in rows if row.startswith("xxx")} == {"/1", "/2"}
    assert max(map(len, text.split("\n\n")[1].splitlines())) <= 80
    found = json.loads(show("--json"))
    assert [each["name"] for each in found["metrics"]] == names


def test_every_histogram_has_its_own_tag_and_percentiles(show: Any) -> None:
    refs, files = [], []
    for number, tag in enumerate(TAGS, start=1):
        path = f"latency-{histogram_id(tag)}.hlog"
        log = encode(np.arange(1, 2_001, dtype=np.int64) * number)
        refs.append(
            HistogramRef(
                id=histogram_id(tag),
                tag=tag,
                path=path,
                unit="ns",
                clock="service",
                count=2_000,
                out_of_range=0,
                significant_digits=3,
            )
        )
        files.append(NewFile(path, "text/plain", log.hlog))
    record(imported(metrics=(), histograms=tuple(refs)), *files)
    rows = table(show(), "histogram")
    assert rows["READ"][:4] == ["service", "2,000", "1 us", "1.8 us"]
    assert rows["read"][2] == "2 us"
    assert rows["latency"][2] == "3.001 us"
    assert rows["READ"][5].endswith("*")
    assert "* fewer than 10 values are beyond this percentile" in show()
    found = json.loads(show("--json"))["histograms"]
    assert [(each["tag"], each["p50_ns"]) for each in found] == [
        ("READ", 1_000),
        ("read", 2_000),
        ("", 3_001),
    ]
    assert [each["tag"] for each in json.loads(show("--json", "--metric", "READ"))["histograms"]] == ["READ"]


def test_ten_thousand_metrics_are_bounded_and_counted(show: Any) -> None:
    rows = tuple(LeftOutRow(name=f"broken {number}", reason="failed") for number in range(60))
    record(imported(metrics=tuple(metric(f"BM/{n}", "ns", n + 1) for n in range(10_000)), left_out=rows))
    text = show()
    assert len(text.splitlines()) < 140
    assert "9,950 more metrics: --all shows them, --metric PATTERN selects some" in text
    assert "10 more rows" in text
    assert sum(line.startswith("BM/") for line in show("--all").splitlines()) == 10_000
    some = show("--metric", "BM/99?7", "--metric", "BM/5")
    assert [line.split()[0] for line in some.splitlines()[1:]] == ["BM/5", *(f"BM/99{n}7" for n in range(10))]
    assert len(json.loads(show("--json"))["metrics"]) == 10_000
    assert execute(["show", "latest", "--metric", "none"]) == ExitCode.NOT_FOUND


def test_facts_have_their_sources_where_they_are_asked_for(show: Any) -> None:
    made = imported(
        labels={"runner": Label(value="large", source="user"), "lto": Label(value=True, source="file")},
        parameters={"git_sha": "0123"},
        host=draft().host.model_copy(update={"name": "lab-7"}),
        metrics=(metric("a", "ns", 1),),
    )
    record(made)
    plain, verbose = show(), show("-v")
    assert "title              My Suite" in plain
    assert "host               lab-7, Linux x86_64" in plain
    assert "label lto          true\n" in plain
    assert "parameter git_sha  0123" in plain
    assert "recorded on this machine" not in plain
    assert "label runner       large (given by the user)" in verbose
    assert "label lto          true (from the file)" in verbose
    assert "created            2023-11-14T22:13:20Z (recorded on this machine)" in verbose
    assert "format             obrelease.artefact, version 2" in verbose
    assert metric_id("a", {}) in verbose


def test_json_has_raw_numbers_and_every_key(show: Any) -> None:
    record(imported(metrics=(metric("a", "ms", *range(1, 101), parameters={"n": 1}),)))
    document = json.loads(show("--json"))
    assert sorted(document) == ["artefact", "histograms", "metrics", "run", "stored_version", "summary"]
    assert document["metrics"] == [
        {
            "id": metric_id("a", {"n": 1}),
            "name": "a",
            "unit": "ms",
            "direction": "lower",
            "group": None,
            "primary": True,
            "parameters": {"n": 1},
            "statistic": "median",
            "value": 50,
            "count": 100,
            "minimum": 1,
            "maximum": 100,
            "figures": {"p90": 90, "p99": 99},
        }
    ]


def test_a_run_of_version_1_is_shown_as_before(show: Any, tmp_path: Path) -> None:
    record_version_1(tmp_path / "results", version_1_draft(command=command_of(draft())), run_files())
    text = show("-v")
    assert table(text, "metric")["pass-wall"][:3] == ["2 ms", "1 ms", "4 ms"]
    assert "obrelease.artefact, version 1" in text
    document = json.loads(show("--json"))
    assert (document["stored_version"], document["artefact"]["version"]) == (1, 2)
