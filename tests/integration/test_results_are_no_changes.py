"""Earlier runs in a results folder are no change of the sources, wherever the next run goes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from obrelease.cli.app import execute
from obrelease.cli.console.settings import load
from obrelease.errors import ExitCode
from obrelease.measurement.side_trees import side_trees
from obrelease.registry.store import Registry
from tests.tool_files import google_file, google_row
from tests.unit.release.project import git

TINY = ["run", "bench", "--messages", "300", "--passes", "2", "--core", "reference", "--json", "--quiet"]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clean repository whose sources are taken for those that run."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "mpl"))
    monkeypatch.delenv("OBRELEASE_RESULTS", raising=False)
    monkeypatch.setattr("obrelease.api.producer.source_mismatch", lambda *_: None)
    (root / "source.py").write_text("one = 1\n", "utf-8")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *words], check=True)
    return root


def dirty(capsys: pytest.CaptureFixture[str], *words: str) -> bool:
    assert execute([*TINY, *words]) == ExitCode.OK
    run = json.loads(capsys.readouterr().out)["run"]
    assert run["commit"]
    return bool(run["dirty"])


def test_runs_in_the_configured_folder_are_no_dirt(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = str(tmp_path / "elsewhere")
    assert not dirty(capsys)
    assert not dirty(capsys, "--results", elsewhere)
    monkeypatch.setenv("OBRELEASE_RESULTS", "measured")
    assert not dirty(capsys)
    assert not dirty(capsys, "--results", elsewhere)
    monkeypatch.delenv("OBRELEASE_RESULTS")
    assert dirty(capsys), "a folder that nothing names is a change like any other"


def test_a_change_of_the_sources_stays_dirt(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "source.py").write_text("one = 2\n", "utf-8")
    assert dirty(capsys)


def test_the_head_of_a_comparison_is_given_no_runs(repository: Path, tmp_path: Path) -> None:
    (repository / "results").mkdir()
    (repository / "results" / "run.json").write_text("{}", "utf-8")
    (repository / "new.py").touch()
    outputs = load({"results": str(tmp_path / "elsewhere")}).outputs
    with side_trees(repository, "HEAD", ignoring=outputs) as (_, head):
        found = sorted(path.name for path in head.folder.iterdir() if path.name != ".git")
    assert found == ["new.py", "source.py"]


def test_a_file_that_was_imported_is_no_change_for_any_command(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Tools leave their files in the work tree; `import`, `run`, `measure`, `doctor` and `publish` agree."""
    data = json.dumps(google_file(google_row("BM_Sum/64", 10.5)))
    (repository / "bench.json").write_text(data)
    assert execute(["import", "bench.json"]) == ExitCode.OK
    capsys.readouterr()
    assert not dirty(capsys)
    measure = [
        "measure",
        "--json",
        "--quiet",
        "--runs",
        "1",
        "--format",
        "google-benchmark",
        "--",
        "cat bench.json",
    ]
    assert execute(measure) == ExitCode.OK
    (measured,) = json.loads(capsys.readouterr().out)["measurements"][0]["runs"]["head"]
    assert not Registry(repository / "results").resolve(measured).dirty
    assert execute(["doctor", "--json"]) in {ExitCode.OK, ExitCode.CHECK_FAILED}
    assert "to commit before a release" not in capsys.readouterr().out
    with side_trees(
        repository, "HEAD", ignoring=[repository / "results"], store=Registry(repository / "results")
    ) as sides:
        assert (sides[1].dirty, (sides[1].folder / "bench.json").read_text()) == (False, data)
    git(repository, "add", "results")
    git(repository, "commit", "--quiet", "--message=runs")
    assert execute(["publish", "v0.1", "--dry-run"]) == ExitCode.OK, capsys.readouterr().err
    (repository / "bench.json").write_text(data.replace("10.5", "1.5"))
    capsys.readouterr()
    assert execute(["publish", "v0.1", "--dry-run"]) == ExitCode.CHECK_FAILED
    assert "uncommitted changes: 'bench.json'" in capsys.readouterr().err
