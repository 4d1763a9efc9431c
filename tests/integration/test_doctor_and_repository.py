"""`obrelease doctor` on the repository: what would stop a release is bad, what only delays it is a note."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit; the working folder."""
    for name in ("RESULTS", "RELEASES", "FORGE", "REMOTE"):
        monkeypatch.delenv(f"OBRELEASE_{name}", raising=False)
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "-q")
    git(root, "commit", "-q", "--allow-empty", "-m", "one")
    monkeypatch.chdir(root)
    return root


def git(folder: Path, *words: str) -> None:
    """Run git in a folder."""
    subprocess.run([*GIT, *words], cwd=folder, check=True)


def findings(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit code, and state and detail of each subject."""
    code = execute(["doctor", "--json", *words])
    found = json.loads(capsys.readouterr().out)["findings"]
    return code, {each["subject"]: (each["state"], each["detail"]) for each in found}


def test_a_clean_repository_is_in_order(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = findings(capsys)
    assert code == ExitCode.OK
    assert found["repository"][0] == "ok"
    assert found["forge"] == ("ok", f"directory, in {repository / '.git/obrelease/releases'}")


def test_changes_are_a_note_and_results_are_no_changes(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "results").mkdir()
    (repository / "results" / "a").touch()
    assert findings(capsys)[1]["repository"][0] == "ok"
    (repository / "b").touch()
    code, found = findings(capsys)
    assert (code, found["repository"][0]) == (ExitCode.OK, "note")
    assert "1 change to commit" in found["repository"][1]


def test_a_repository_without_a_commit_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "init", "-q")
    monkeypatch.chdir(tmp_path)
    code, found = findings(capsys)
    assert code == ExitCode.CHECK_FAILED
    assert found["repository"][0] == "bad"
    assert "no commit yet" in found["repository"][1]


def test_a_remote_that_is_not_there_is_bad(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OBRELEASE_REMOTE", "nowhere")
    assert findings(capsys)[1]["repository"][0] == "bad"


def test_a_file_for_releases_is_bad(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "taken").touch()
    monkeypatch.setenv("OBRELEASE_RELEASES", "taken")
    assert findings(capsys)[1]["forge"][0] == "bad"


def test_a_linked_work_tree_shares_the_releases(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    linked = repository.parent / "linked"
    git(repository, "worktree", "add", "-q", "--detach", str(linked))
    monkeypatch.chdir(linked)
    code, found = findings(capsys)
    assert code == ExitCode.OK
    assert found["forge"] == ("ok", f"directory, in {repository / '.git/obrelease/releases'}")
