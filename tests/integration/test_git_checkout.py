"""A commit checked out beside the work tree: exact, named, and without a trace in the repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from obrelease.errors import NotFound, UsageError
from obrelease.remote.git.checkout import check_out
from obrelease.remote.git.repository import GitRepository


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits of one file, the second tagged, a hook and a filter that must not run, one edit."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    canary = f"touch {tmp_path / 'canary'}"
    git(folder, "config", "filter.evil.smudge", canary)
    hook = folder / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{canary}\n")
    hook.chmod(0o755)
    for number in (1, 2):
        (folder / "file.txt").write_text(f"{number}\n")
        (folder / ".gitattributes").write_text("*.txt filter=evil\n")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", f"commit {number}")
    git(folder, "tag", "v1")
    (folder / "file.txt").write_text("edited\n")
    return folder


def test_a_commit_is_copied_whole_and_nothing_else_changes(repository: Path, tmp_path: Path) -> None:
    before = sorted(path for path in (repository / ".git").rglob("*") if path.is_file())
    repo = GitRepository.open(repository)
    try:
        for ref, content in (("v1", "2\n"), ("HEAD~1", "1\n"), ("main", "2\n")):
            target = tmp_path / ref.replace("~", "-")
            commit = check_out(repo, ref, target)
            assert commit == git(repository, "rev-parse", ref) == git(target, "rev-parse", "HEAD")
            assert (target / "file.txt").read_text() == content
            copy = GitRepository.open(target)
            assert copy.changes() == ()
            copy.close()
        assert (repository / "file.txt").read_text() == "edited\n"
    finally:
        repo.close()
    assert sorted(path for path in (repository / ".git").rglob("*") if path.is_file()) == before
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("ref", ["--upload-pack=x", "-q", "a..b", "", "a b", "HEAD@{1}", ":/message", "a\nb"])
def test_what_is_no_ref_is_refused_before_git_is_started(repository: Path, tmp_path: Path, ref: str) -> None:
    repo = GitRepository.open(repository)
    try:
        with pytest.raises(UsageError, match="cannot name a commit"):
            check_out(repo, ref, tmp_path / "copy")
        with pytest.raises(NotFound, match="is not a commit of"):
            check_out(repo, "no-such", tmp_path / "copy")
    finally:
        repo.close()
    assert not (tmp_path / "copy").exists()
