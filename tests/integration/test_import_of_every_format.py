"""A small file of every format and every kind of history, imported, validated, and imported again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from obrelease.cli.app import execute
from tests.small_tool_files import CHOSEN_BY_NAME, DETECTED, SMALL_FILES, small_file


def imported(capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> list[dict[str, Any]]:
    """The runs that the command reports, in their order."""
    capsys.readouterr()
    assert execute(["import", *words, "--results", str(folder), "--json"]) == 0, capsys.readouterr().err
    runs: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["runs"]
    return runs


def test_files_of_all_formats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(path) for path in DETECTED.values()]
    first = imported(capsys, tmp_path / "results", *files)
    assert len(first) == len(files) + 2  # the history has three runs
    assert execute(["validate", "--results", str(tmp_path / "results")]) == 0, capsys.readouterr().err
    again = imported(capsys, tmp_path / "results", *files)
    assert [run["run"]["digest"] for run in again] == [run["run"]["digest"] for run in first]


@pytest.mark.parametrize("name", CHOSEN_BY_NAME)
def test_formats_that_are_chosen_by_name(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "numbers.json").write_bytes(small_file(name))
    (run,) = imported(capsys, tmp_path / "results", str(tmp_path / "numbers.json"), "--format", name)
    assert run["format"] == name
    assert execute(["validate", "--results", str(tmp_path / "results")]) == 0, capsys.readouterr().err


def make_history(kind: str, folder: Path) -> Path:
    """A history of two commits, or a folder of criterion, which is one run."""
    if kind == "criterion":
        for path, text in json.loads(small_file("criterion"))["files"].items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        return folder
    folder.mkdir()
    if kind == "data.js":
        shutil.copy(SMALL_FILES / "github-action-benchmark.js", folder / "data.js")
        return folder / "data.js"
    for number, commit in ((1, "b"), (2, "a")):
        document = json.loads(small_file("asv" if kind == "asv" else "pytest-benchmark"))
        if kind == "asv":
            document |= {"commit_hash": commit * 40, "date": number}
            path = folder / "machine" / f"{commit * 8}-env.json"
        else:
            document["commit_info"] = {
                "id": commit * 40,
                "time": f"2024-01-0{number}T00:00:00Z",
                "dirty": False,
            }
            path = folder / "Linux" / f"000{number}_x.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(document))
    if kind == "asv":
        (folder / "machine" / "machine.json").write_text('{"machine": "machine"}')
    return folder


@pytest.mark.parametrize(
    ("kind", "commits"),
    [("data.js", "abb"), ("asv", "ba"), ("pytest-benchmark", "ba"), ("criterion", "-")],
)
def test_histories(
    kind: str,
    commits: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)  # the commit of a clean checkout would be the run's
    history = make_history(kind, tmp_path / "history")
    runs = imported(capsys, tmp_path / "results", str(history))
    assert "".join((run["run"]["commit"] or "-")[0] for run in runs) == commits
    assert execute(["validate", "--results", str(tmp_path / "results")]) == 0, capsys.readouterr().err
    again = imported(capsys, tmp_path / "results", str(history))
    assert [run["run"]["digest"] for run in again] == [run["run"]["digest"] for run in runs]
