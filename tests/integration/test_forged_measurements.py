"""Runs of `measure` with a format: a forged sample is found by validate, publish and verify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.models.canonical_json import canonical_bytes
from obrelease.storage.hashing import digest_bytes
from tests.tool_files import google_file, google_row
from tests.unit.release.project import git


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in which two measured runs of another tool are committed."""
    root = tmp_path / "work"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "mpl"))
    monkeypatch.delenv("OBRELEASE_RESULTS", raising=False)
    git(root, "init", "--quiet")
    rows = [google_row("BM_Sum/64", value, repetition_index=n) for n, value in enumerate((10.5, 10.75))]
    (root / "bench.json").write_text(json.dumps(google_file(*rows)))
    git(root, "add", "bench.json")
    git(root, "commit", "--quiet", "--message=bench")
    words = ["measure", "--runs", "2", "--format", "google-benchmark", "sed s/10.5/10.$$/ bench.json"]
    assert execute(words) == ExitCode.OK
    git(root, "add", "results")
    git(root, "commit", "--quiet", "--message=runs")
    return root


def forge(folder: Path) -> Path:
    """The run with half its first sample, in the folder that its new digest names."""
    document: dict[str, Any] = json.loads((folder / "artefact.json").read_text())
    document["metrics"][0]["samples"][0] /= 2
    data = canonical_bytes(document)
    (folder / "artefact.json").write_bytes(data)
    return folder.rename(folder.with_name(digest_bytes(data)[: len(folder.name)]))


def test_a_true_release_says_what_was_derived(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["validate"]) == ExitCode.OK
    assert execute(["publish", "v0.1"]) == ExitCode.OK, capsys.readouterr().err
    published = capsys.readouterr()
    assert "another commit" not in published.err
    assert execute(["verify", ".git/obrelease/releases/v0.1"]) == ExitCode.INTEGRITY
    assert "pass .git/obrelease/releases/v0.1/assets" in " ".join(capsys.readouterr().err.split())
    assert execute(["verify", "v0.1"]) == ExitCode.OK
    runs = next(line for line in capsys.readouterr().out.splitlines() if "artefacts read" in line)
    assert "2 artefacts read and hashed again; 2 derived" in runs
    assert "only hashed in 2 of them: " in runs
    assert "metrics that obrelease measured beside the file of the tool" in runs


def test_runs_of_two_commits_are_kept_apart(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "source.py").write_text("one = 1\n")
    git(project, "add", "source.py")
    git(project, "commit", "--quiet", "--message=source")
    assert execute(["measure", "--format", "google-benchmark", "--runs", "1", "--", "cat bench.json"]) == 0
    git(project, "add", "results")
    git(project, "commit", "--quiet", "--message=runs")
    assert execute(["publish", "v0.1"]) == ExitCode.OK, capsys.readouterr().err
    warned = " ".join(capsys.readouterr().err.split())
    assert "the runs are of 2 commits; --run selects those to release" in warned
    page = (project / ".git/obrelease/releases/v0.1/release.json").read_text()
    assert "| samples | commit |" in " ".join(page.split())
    assert execute(["verify", "v0.1"]) == ExitCode.OK


def test_a_forged_sample_is_found(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = forge(next(project.glob("results/**/artefact.json")).parent)
    git(project, "add", "--all", "results")
    git(project, "commit", "--quiet", "--message=faster")
    for words in (["validate"], ["publish", "v0.1"]):
        capsys.readouterr()
        assert execute(words) not in {ExitCode.OK, ExitCode.INTERNAL}, words
        said = capsys.readouterr()
        assert "sample 0 is" in said.out + said.err, words
        assert folder.name[:12] in said.out + said.err
    with monkeypatch.context() as publisher:
        publisher.setattr("obrelease.release.collected_run.check_numbers", lambda *_: ())
        assert execute(["publish", "v0.1"]) == ExitCode.OK, capsys.readouterr().err
    capsys.readouterr()
    assert execute(["verify", "v0.1"]) == ExitCode.INVALID_INPUT
    assert "sample 0 is" in capsys.readouterr().err
