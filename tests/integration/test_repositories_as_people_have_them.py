"""What git calls clean is clean here; projects in subfolders; files of `init`; hints of `verify`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from obrelease.api.project import Project, git_folder
from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.remote.git.repository import GitRepository
from tests.unit.release.project import git, make_project, record

POINTER = """version https://git-lfs.github.com/spec/v1
oid sha256:{digest}
size {size}
"""
CLEAN = """#!/bin/sh
cat > "{folder}/content"
printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%s\\nsize %s\\n' \\
  "$(sha256sum < "{folder}/content" | cut -c1-64)" "$(wc -c < "{folder}/content" | tr -d ' ')"
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository of a user with an empty home."""
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "project")
    return tmp_path / "project"


def changes(root: Path) -> tuple[str, ...]:
    with GitRepository.open(root) as repo:
        return repo.changes()


def git_says_clean(root: Path) -> None:
    """With the user's own configuration, as a person runs it."""
    done = subprocess.run(
        ["git", "status", "--porcelain"], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""


def make_lfs(root: Path, *, configuration: list[str]) -> None:
    """A file that a filter named `lfs` stores as a pointer; the filter is in the given configuration."""
    clean = root.parent / "clean"
    clean.write_text(CLEAN.format(folder=root.parent))
    clean.chmod(0o755)
    subprocess.run(["git", "config", *configuration, "filter.lfs.clean", str(clean)], cwd=root, check=True)
    (root / ".gitattributes").write_text("*.bin filter=lfs -text\n")
    (root / "model.bin").write_bytes(b"\0content\r\n" * 100)
    git_as_user(root, "add", "--all")
    git_as_user(root, "commit", "--quiet", "--message=model")
    assert git(root, "show", "HEAD:model.bin").startswith("version https://git-lfs")


def git_as_user(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=T", "-c", "user.email=t@localhost")
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.mark.parametrize("configuration", [["--global"], ["--local"]], ids=["user", "repository"])
def test_a_repository_with_lfs_files_is_clean(root: Path, configuration: list[str]) -> None:
    """Also if only the repository names the program, which never runs: then pointers are compared."""
    make_lfs(root, configuration=configuration)
    git_says_clean(root)
    (root / "model.bin").touch()
    (root.parent / "clean").write_text(f"#!/bin/sh\ntouch '{root.parent}/ran'\nexec cat\n")
    assert changes(root) == () or configuration == ["--global"]
    assert (root.parent / "ran").exists() == (configuration == ["--global"])


@pytest.mark.parametrize("configuration", [["--global"], ["--local"]], ids=["user", "repository"])
def test_an_lfs_file_that_was_edited_is_a_change(root: Path, configuration: list[str]) -> None:
    make_lfs(root, configuration=configuration)
    (root / "model.bin").write_bytes(b"\1content\r\n" * 100)
    assert changes(root) == ("model.bin",)


@pytest.mark.parametrize("configuration", ["--global", "--local"])
def test_a_work_tree_of_autocrlf_is_clean(root: Path, configuration: str) -> None:
    subprocess.run(["git", "config", configuration, "core.autocrlf", "true"], cwd=root, check=True)
    (root / "text").write_bytes(b"one\r\ntwo\r\n")
    git_as_user(root, "add", "--all")
    git_as_user(root, "commit", "--quiet", "--message=text")
    (root / "text").touch()
    git_says_clean(root)
    assert changes(root) == ()


def test_the_repositorys_own_line_ends_win_over_those_of_the_user(root: Path) -> None:
    subprocess.run(["git", "config", "--global", "core.autocrlf", "true"], cwd=root, check=True)
    subprocess.run(["git", "config", "--local", "core.autocrlf", "false"], cwd=root, check=True)
    (root / "text").write_bytes(b"one\r\n")
    git_as_user(root, "add", "--all")
    git_as_user(root, "commit", "--quiet", "--message=text")
    (root / "text").touch()
    git_says_clean(root)
    assert changes(root) == ()


def test_a_project_in_a_subfolder_uses_the_git_folder_of_its_repository(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    crate = root / "crates" / "a"
    crate.mkdir(parents=True)
    (crate / "obrelease.toml").write_text('[tool.obrelease]\nproject = "a"\ntag = "a-v{version}"\n')
    record(crate / "results", "baseline", 42)
    (crate / "results" / ".gitignore").write_text("/.index.sqlite*\n/.staging/\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=runs")
    assert git_folder(crate) == root / ".git"
    assert Project.at(crate).releases == root / ".git" / "obrelease" / "releases"
    monkeypatch.chdir(crate)
    assert execute(["doctor"]) == ExitCode.OK
    assert execute(["publish", "a-v1.0"]) == ExitCode.OK
    assert execute(["verify", "a-v1.0"]) == ExitCode.OK
    assert not (crate / ".git").exists()
    assert (root / ".git" / "obrelease" / "a-v1.0" / "plan.json").is_file()
    capsys.readouterr()
    assert execute(["gc", "--json"]) == ExitCode.OK
    assert "release a-v1.0" in capsys.readouterr().out
    assert execute(["publish", "v1.0"]) == ExitCode.USAGE
    assert "does not match the pattern a-v{version}" in capsys.readouterr().err


def test_fsck_knows_the_files_that_init_wrote(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    record(root / "results", "baseline", 42)
    assert execute(["init"]) == ExitCode.OK
    capsys.readouterr()
    assert execute(["fsck", "--json"]) == ExitCode.OK
    report = json.loads(capsys.readouterr().out)
    assert (report["problems"], report["notes"]) == ([], [])


def test_init_says_when_results_are_ignored(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / ".gitignore").write_text("target/\nresults/\n")
    monkeypatch.chdir(root)
    assert execute(["init", "--json"]) == ExitCode.OK
    out, err = capsys.readouterr()
    assert json.loads(out)["results_ignored_by"] == ".gitignore:2: results/"
    assert "git ignores the results (.gitignore:2: results/)" in err
    assert "* -text" in (root / "results" / ".gitattributes").read_text()


def test_no_hint_tells_a_verifier_to_publish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    project = make_project(tmp_path)
    monkeypatch.chdir(project.root)
    assert execute(["verify", "v7.7"]) == ExitCode.NOT_FOUND
    shown = capsys.readouterr().err
    assert "there is no release v7.7" in shown
    assert "publish" not in shown.partition("hint:")[2]
