"""criterion: the folder as one run, its samples per iteration, estimates alone, and single files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from obrelease.importers.folder import Folder
from obrelease.importers.formats import detect_folder_importer, importer_named, read_folder_runs, read_runs
from obrelease.importers.source import source_of
from tests.small_tool_files import only_run, runs_from, small_file, small_run

FILES: dict[str, str] = json.loads(small_file("criterion"))["files"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A target/criterion folder with one benchmark, its run before, and a report."""
    for name, text in FILES.items():
        for kind in ("new", "base"):
            path = tmp_path / "criterion" / name.replace("/new/", f"/{kind}/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text if kind == "new" else text.replace("20.0", "99.0"))
    (tmp_path / "criterion" / "report").mkdir()
    (tmp_path / "criterion" / "report" / "index.html").write_text("<html></html>")
    return tmp_path / "criterion"


def test_the_folder_is_one_run_whose_part_reads_the_same(folder: Path, tmp_path: Path) -> None:
    source = Folder(folder, "criterion")
    importer = detect_folder_importer(source)
    (run,) = read_folder_runs(importer, source)
    (metric,) = run.metrics
    assert importer.name == "criterion"
    assert (metric.name, metric.unit, metric.direction) == ("sums/fast/100", "ns", "lower")
    assert list(metric.samples) == [20.0, 21.0, 22.0]
    assert metric.parameters == {"value": "100", "throughput_Bytes": 800.0}
    assert run.part is not None
    assert only_run(tmp_path, "criterion", run.part).metrics == run.metrics


def test_a_single_file_takes_the_names_of_the_files_next_to_it(folder: Path) -> None:
    source = source_of(folder / "sums/fast/100/new/estimates.json")
    (run,) = read_runs(importer_named("criterion"), source)
    assert [(each.name, list(each.samples)) for each in run.metrics] == [
        ("sums/fast/100", [20.0, 21.0, 22.0])
    ]


def test_estimates_alone_are_a_summary(tmp_path: Path) -> None:
    document = json.dumps(
        {
            "obrelease-files": "criterion",
            "files": {"fib/new/estimates.json": FILES["sums/fast/100/new/estimates.json"]},
        }
    )
    (metric,) = only_run(tmp_path, "criterion", document).metrics
    assert metric.name == "fib"
    assert metric.summary is not None
    assert (metric.summary.value, metric.summary.statistic) == (20.25, "median")
    assert metric.summary.figures == {"mean": 21.5, "median_abs_dev": 1.5, "stddev": 2.5}


def test_the_small_file(tmp_path: Path) -> None:
    assert [each.name for each in small_run(tmp_path, "criterion").metrics] == ["sums/fast/100"]


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ({"iters": [1.0], "times": [1.0, 2.0]}, "has 1 iterations and 2 times"),
        ({"iters": [0.0], "times": [1.0]}, "has a sample of 0 iterations"),
        ({"iters": [1.0]}, "has no 'times'"),
        ([[1.0]], "is not a pair of iterations and times"),
    ],
)
def test_samples_that_do_not_fit_are_refused(tmp_path: Path, sample: object, message: str) -> None:
    files = {"fib/new/sample.json": json.dumps(sample)}
    with pytest.raises(InvalidInput, match=rf"results\.txt/fib/new/sample\.json: \$: {message}"):
        runs_from(tmp_path, "criterion", json.dumps({"obrelease-files": "criterion", "files": files}))


def test_estimates_without_a_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="does not name its benchmark") as caught:
        runs_from(tmp_path, "criterion", FILES["sums/fast/100/new/estimates.json"])
    assert caught.value.hint == "import the folder target/criterion"
