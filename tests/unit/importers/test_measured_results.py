"""A run of `measure` with a format is read again from the file of its tool: every change since is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from obrelease.importers.formats import importer_named, read_runs
from obrelease.importers.reimport_check import check_numbers, has_original, metrics_beside_original
from obrelease.importers.source import source_of
from obrelease.measurement.measure_benchmark import MeasuredRun
from obrelease.measurement.measured_artefact import build_measured_run
from obrelease.measurement.noise import Noise
from obrelease.measurement.sides import Side
from obrelease.models.artefact import Artefact
from obrelease.models.noise_metrics import NOISE_UNITS
from obrelease.recorder.values_artefact import this_machine
from obrelease.registry.store import Registry
from tests.small_tool_files import CHOSEN_BY_NAME, DETECTED, small_file
from tests.tool_files import google_file, google_row

MEASURE = ("obrelease", "measure")
FOLDER = Path("/scratch/side-1/work")
Change = Callable[[dict[str, Any]], None]


def measured(
    tmp_path: Path,
    format_name: str,
    data: bytes,
    *,
    noise: Noise = Noise(0.5, 3_000_000, 0, 20, 7),  # noqa: B008
    side: Side = Side("head", FOLDER, "ab" * 20, dirty=False),  # noqa: B008
    command: Sequence[str] | None = None,
    title: str | None = None,
) -> list[Path]:
    """The folders of the runs that `measure` records of a tool that wrote these bytes."""
    output = tmp_path / "stdout"
    output.write_bytes(data)
    importer, source = importer_named(format_name), source_of(output, place="stdout")
    folders = []
    for run in read_runs(importer, source):
        draft = build_measured_run(
            MeasuredRun("a benchmark", run, noise, source, importer),
            side,
            host=this_machine(),
            now_ns=5,
            command=(*MEASURE, "--format", format_name, "--", "./bench") if command is None else command,
            labels={"runner": "a"},
            title=title,
        )
        folders.append(Registry(tmp_path / "results").record(draft.artefact, draft.files).folder)
    return folders


def findings(folder: Path, change: Change = lambda _: None) -> list[str]:
    document = json.loads((folder / "artefact.json").read_text())
    change(document)
    artefact = Artefact.model_validate_json(json.dumps(document))
    assert has_original(artefact)
    return [finding.message for finding in check_numbers(artefact, folder)]


def faster(document: dict[str, Any]) -> None:
    """The first number of the tool is half of what it was."""
    metric = next(each for each in document["metrics"] if each["name"] not in NOISE_UNITS)
    if "samples" in metric:
        metric["samples"][0] = metric["samples"][0] / 2 or 1
    elif "summary" in metric:
        metric["summary"]["value"] = metric["summary"]["value"] / 2 or 1
    else:
        document["metrics"].remove(metric)


@pytest.mark.parametrize("format_name", [*DETECTED, *CHOSEN_BY_NAME])
def test_every_format_agrees_with_its_file_and_a_forged_number_does_not(
    tmp_path: Path, format_name: str
) -> None:
    folders = measured(tmp_path, format_name, small_file(format_name))
    assert folders
    for folder in folders:
        assert findings(folder) == []
        if any(
            each["name"] not in NOISE_UNITS
            for each in json.loads((folder / "artefact.json").read_text())["metrics"]
        ):
            assert findings(folder, faster)
        else:
            assert findings(folder, lambda it: it["histograms"][0].update(count=1))


GOOGLE = google_file(
    google_row("BM_Sum/64", 10.5),
    google_row(f"file:{FOLDER}/a.txt", 20.5),
    google_row(f"{FOLDER}/a.txt:{FOLDER}/b.txt", 30.5),
    executable=f"{FOLDER}/build/bench",
)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"title": "my own"},
        {"command": (*MEASURE, "a benchmark of the settings")},
        {"noise": Noise(None, None, None, None, None)},
        {"side": Side("command", FOLDER)},
        {"side": Side("command", Path("/elsewhere"))},
    ],
)
def test_what_measure_adds_is_no_contradiction(tmp_path: Path, options: dict[str, Any]) -> None:
    (folder,) = measured(tmp_path, "google-benchmark", json.dumps(GOOGLE).encode(), **options)
    assert findings(folder) == []


def test_paths_below_the_folder_are_relative_in_the_run_alone(tmp_path: Path) -> None:
    (folder,) = measured(tmp_path, "google-benchmark", json.dumps(GOOGLE).encode())
    names = {each["name"] for each in json.loads((folder / "artefact.json").read_text())["metrics"]}
    assert {"file:./a.txt", "./a.txt:./b.txt", "BM_Sum/64"} <= names
    assert str(FOLDER) in (folder / "original.json").read_text()


def test_a_metric_of_the_file_with_a_name_of_the_noise(tmp_path: Path) -> None:
    data = json.dumps(google_file(google_row("a", 1.5), google_row("stolen time", 2.5))).encode()
    for noise in (Noise(None, None, None, 20, None), Noise(None, None, None, None, None)):
        (folder,) = measured(tmp_path, "google-benchmark", data, noise=noise)
        assert findings(folder) == []


def other_version(document: dict[str, Any]) -> None:
    document["producer"]["version"] = "9"


def invented(document: dict[str, Any]) -> None:
    document["metrics"].append({"id": "made-up", "name": "made-up", "unit": "ns", "samples": [1]})


def noise_that_decides(document: dict[str, Any]) -> None:
    next(each for each in document["metrics"] if each["name"] in NOISE_UNITS)["direction"] = "lower"


def renamed(document: dict[str, Any]) -> None:
    from obrelease.models.metric_identity import metric_id

    metric = document["metrics"][0]
    metric["name"] = "BM_Other/64"
    metric["id"] = metric_id("BM_Other/64", metric.get("parameters", {}))


def more_processors(document: dict[str, Any]) -> None:
    document["host"]["stable"]["cpu_count"] += 1


def no_original(document: dict[str, Any]) -> None:
    document["files"] = []


def other_format(document: dict[str, Any]) -> None:
    document["command"][3] = "hyperfine"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (faster, "sample 0 is"),
        (other_version, "producer is not that of original.json"),
        (invented, "made-up: is not in the original"),
        (noise_that_decides, "its direction differs from the original"),
        (renamed, "is not in the original"),
        (more_processors, "host is not that of original.json"),
        (no_original, "keeps no original file of a known format"),
        (other_format, "results"),
    ],
)
def test_a_contradiction_with_the_file_is_named(tmp_path: Path, change: Change, message: str) -> None:
    (folder,) = measured(tmp_path, "google-benchmark", json.dumps(GOOGLE).encode())
    found = findings(folder, change)
    assert any(message in each for each in found), found


def test_the_noise_beside_the_file_is_counted(tmp_path: Path) -> None:
    (folder,) = measured(tmp_path, "google-benchmark", json.dumps(GOOGLE).encode())
    artefact = Artefact.model_validate_json((folder / "artefact.json").read_text())
    assert metrics_beside_original(artefact) == len(NOISE_UNITS)
