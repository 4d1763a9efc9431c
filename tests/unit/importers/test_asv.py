"""airspeed velocity: versions 1 and 2, parameters, failed and skipped, folders in the order of commits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from obrelease.errors import InvalidInput
from obrelease.importers.folder import Folder
from obrelease.importers.formats import detect_folder_importer, read_folder_runs
from tests.small_tool_files import left_out, metrics_by_name, only_run, runs_from, small_file, small_run

NAME = "sums.Sort.time_sort"


def test_the_small_file(tmp_path: Path) -> None:
    run = small_run(tmp_path, "asv")
    metrics = metrics_by_name(run)
    assert {name: (each.unit, each.direction) for name, each in metrics.items()} == {
        NAME: ("ns", "lower"),
        "sums.peakmem_sort": ("B", "lower"),
        "sums.track_ratio": ("1", None),
        "sums.time_kept": ("ns", "lower"),
    }
    summary = metrics[NAME].summary
    assert summary is not None
    assert (summary.value, summary.statistic, summary.count) == (1_500_000.0, "median", 10)
    assert summary.figures == {"ci_99_low": 1_000_000.0, "ci_99_high": 2_000_000.0}
    assert metrics[NAME].parameters == {"param1": "'a'"}
    assert list(metrics["sums.time_kept"].samples) == [250_000_000.0, 750_000_000.0]
    assert left_out(run) == {f"{NAME}(param1='b')": "failed", f"{NAME}(param1='c')": "was skipped"}
    assert run.commit == "0123456789abcdef0123456789abcdef01234567"
    assert run.created_ns == 1_700_000_800_000 * 10**6
    assert (run.host_name, run.title, dict(run.labels)) == (
        "runner",
        "asv virtualenv-py3.12",
        {"env": "virtualenv-py3.12"},
    )
    assert not run.notes


def test_version_1_has_numbers_objects_and_no_time_of_measurement(tmp_path: Path) -> None:
    document = {
        "version": 1,
        "commit_hash": "a" * 40,
        "date": 1_700_000_000_000,
        "params": {"machine": "old"},
        "results": {
            "time_plain": 0.5,
            "time_failed": None,
            "mem_sizes": {
                "params": [["1", "2"], ["x"]],
                "result": [10, 20],
                "stats": [{"ci_99": [9, 11]}, None],
            },
        },
    }
    run = only_run(tmp_path, "asv", json.dumps(document), "aaaaaaaa-py2.7.json")
    assert [
        (each.name, each.unit, dict(each.parameters), each.summary and each.summary.value)
        for each in run.metrics
    ] == [
        ("time_plain", "ns", {}, 500_000_000.0),
        ("mem_sizes", "B", {"param1": "1", "param2": "x"}, 10.0),
        ("mem_sizes", "B", {"param1": "2", "param2": "x"}, 20.0),
    ]
    assert run.metrics[1].summary is not None
    assert run.metrics[1].summary.figures == {"ci_99_low": 9.0, "ci_99_high": 11.0}
    assert left_out(run) == {"time_failed": "failed"}
    assert run.created_ns == 1_700_000_000_000 * 10**6
    assert run.notes == ("has no time of measurement; the time of the commit is used",)
    assert run.title == "asv py2.7"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A results folder of two machines and three commits, with a file that is no results file."""
    document: dict[str, Any] = json.loads(small_file("asv"))
    root = tmp_path / "results"
    for machine, commit, date in (("m2", "b", 2), ("m1", "c", 3), ("m1", "a", 1)):
        (root / machine).mkdir(parents=True, exist_ok=True)
        (root / machine / "machine.json").write_text(
            json.dumps({"machine": machine, "num_cpu": "8", "cpu": "Fast"})
        )
        changed = document | {"commit_hash": commit * 40, "date": date, "params": {"machine": machine}}
        (root / machine / f"{commit * 8}-env.json").write_text(json.dumps(changed))
    (root / "m1" / "broken.json").write_text("{")
    descriptions = {
        NAME: {
            "param_names": ["letter"],
            "params": [["'a'"]],
            "type": "time",
            "unit": "seconds",
            "code": "x" * 10_000,
        },
        "sums.track_ratio": {"param_names": [], "params": [], "type": "track", "unit": "ms"},
        "unused": {"unit": "seconds"},
        "version": 2,
    }
    (root / "benchmarks.json").write_text(json.dumps(descriptions))
    return Folder(root, "results")


def test_a_folder_is_a_history_in_the_order_of_commits(folder: Folder, tmp_path: Path) -> None:
    importer = detect_folder_importer(folder)
    runs = list(read_folder_runs(importer, folder))
    assert importer.name == "asv"
    assert [(run.commit or "")[:1] for run in runs] == ["a", "b", "c"]
    assert [run.host_name for run in runs] == ["m1", "m2", "m1"]
    metrics = metrics_by_name(runs[0])
    assert metrics[NAME].parameters == {"letter": "'a'"}
    assert (metrics["sums.track_ratio"].unit, metrics["sums.track_ratio"].direction) == ("ns", "lower")
    assert runs[0].stable is not None
    assert (runs[0].stable.cpu_model, runs[0].stable.cpu_count) == ("Fast", 8)
    assert [note for run in runs for note in run.notes] == [
        "not imported: results/m1/broken.json: is cut off: it ends at byte 1, within $"
    ]
    for run in runs:
        assert run.part is not None
        assert b"xxxx" not in run.part
        again = only_run(tmp_path, "asv", run.part)
        assert (again.metrics, again.commit, again.stable) == (run.metrics, run.commit, run.stable)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 3}, r"\$\.version: is newer than 2"),
        ({"results": {"time_a": [[1, 2], [["x"]]]}}, "has 2 results for 1 combinations of parameters"),
        ({"results": {"time_a": [[1], ["x"]]}}, "has parameters that are no lists"),
        ({"results": []}, "is not an object"),
    ],
)
def test_what_is_refused(tmp_path: Path, change: dict[str, object], message: str) -> None:
    document = json.loads(small_file("asv")) | change
    with pytest.raises(InvalidInput, match=message):
        runs_from(tmp_path, "asv", json.dumps(document))


def test_a_folder_without_a_results_file_is_refused(folder: Folder) -> None:
    for path in folder.path.glob("*/*-env.json"):
        path.unlink()
    with pytest.raises(InvalidInput, match="results: has no results file of asv"):
        list(read_folder_runs(detect_folder_importer(folder), folder))
