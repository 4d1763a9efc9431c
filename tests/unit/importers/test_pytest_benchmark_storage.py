"""The storage folder of pytest-benchmark: order of commits, parts that are the files, names of files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from obrelease.importers.folder import Folder
from obrelease.importers.formats import detect_folder_importer, read_folder_runs
from tests.small_tool_files import only_run, small_file


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A storage of two kinds of machine whose numbers are not in the order of the commits."""
    for machine, name, day in (
        ("Linux", "0002_bbbb", 1),
        ("Darwin", "0001_cccc", 3),
        ("Linux", "0001_aaaa", 2),
    ):
        document = json.loads(small_file("pytest-benchmark"))
        document["commit_info"] = {"id": name[5:] * 10, "time": f"2024-01-0{day}T00:00:00Z", "dirty": False}
        path = tmp_path / ".benchmarks" / machine / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document))
    (tmp_path / ".benchmarks" / "Linux" / "notes.json").write_text("{}")
    return Folder(tmp_path / ".benchmarks", ".benchmarks")


def test_a_storage_is_a_history_in_the_order_of_commits(folder: Folder, tmp_path: Path) -> None:
    importer = detect_folder_importer(folder)
    runs = list(read_folder_runs(importer, folder))
    assert importer.name == "pytest-benchmark"
    assert [run.commit for run in runs] == ["bbbb" * 10, "aaaa" * 10, "cccc" * 10]
    assert runs[0].part == (folder.path / "Linux" / "0002_bbbb.json").read_bytes()
    assert only_run(tmp_path, "pytest-benchmark", runs[0].part).metrics == runs[0].metrics


def test_the_folder_of_one_machine_is_a_storage_too(folder: Folder) -> None:
    machine = Folder(folder.path / "Linux", "Linux")
    assert len(list(read_folder_runs(detect_folder_importer(machine), machine))) == 2


def test_a_damaged_file_is_named(folder: Folder) -> None:
    (folder.path / "Linux" / "0001_aaaa.json").write_text('{"benchmarks": [')
    with pytest.raises(InvalidInput, match=r"^\.benchmarks/Linux/0001_aaaa\.json: "):
        list(read_folder_runs(detect_folder_importer(folder), folder))
