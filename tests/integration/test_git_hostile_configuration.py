"""A repository whose own configuration names programs: none of them may run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from obrelease.bundle.signing.armor import from_armor
from obrelease.bundle.signing.ssh import GIT_NAMESPACE, check
from obrelease.remote.git.repository import GitRepository
from tests.faults.signed_release import make_key

HOOKS = ("pre-push", "reference-transaction", "post-index-change", "pre-commit", "post-checkout")
CONFIGURED = (
    "core.fsmonitor",
    "core.sshCommand",
    "core.askPass",
    "core.pager",
    "core.editor",
    "credential.helper",
    "credential.ssh://localhost.helper",
    "diff.external",
    "diff.evil.textconv",
    "diff.evil.command",
    "filter.evil.clean",
    "filter.evil.smudge",
    "filter.evil.process",
    "gpg.program",
    "gpg.ssh.program",
    "gpg.ssh.defaultKeyCommand",
    "remote.origin.receivepack",
    "remote.origin.uploadpack",
    "uploadpack.packObjectsHook",
)


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A project whose every configurable program leaves a canary file; and where they are left."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    project, canaries = tmp_path / "project", tmp_path / "canaries"
    canaries.mkdir()

    def git(*arguments: str, folder: Path = project) -> None:
        subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)

    git("init", "--quiet", str(project), folder=tmp_path)
    git("init", "--quiet", "--bare", "remote.git", folder=tmp_path)
    (project / ".gitattributes").write_text("* filter=evil diff=evil\n")
    (project / "README").write_text("hello\n")
    git("add", ".")
    git("-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "--quiet", "--message=first")
    git("remote", "add", "origin", str(tmp_path / "remote.git"))
    for hook in HOOKS:
        program(project / ".git" / "hooks" / hook, canaries / hook)
    for key in CONFIGURED:
        name = key.replace("/", "_")
        git("config", key, str(program(tmp_path / "programs" / name, canaries / name)))
    git("config", "filter.evil.required", "true")
    git("config", "tag.gpgSign", "true")
    git("config", "push.gpgSign", "if-asked")
    git("config", "log.showSignature", "true")
    git("config", "protocol.ext.allow", "always")
    (project / "README").write_text("hello again\n")
    os.utime(project / "README", (1, 1))
    return project, canaries


def program(path: Path, canary: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\ntouch '{canary}'\nexit 1\n")
    path.chmod(0o755)
    return path


def test_the_canaries_are_alive(hostile: tuple[Path, Path]) -> None:
    project, canaries = hostile
    for command in (["status"], ["diff"], ["tag", "-m", "x", "x"]):
        identified = ["git", "-c", "user.name=T", "-c", "user.email=t@localhost", *command]
        subprocess.run(identified, cwd=project, check=False, capture_output=True)
    assert {"core.fsmonitor", "filter.evil.process", "gpg.program"} <= {
        path.name for path in canaries.iterdir()
    }


def test_no_program_of_the_repository_runs(hostile: tuple[Path, Path]) -> None:
    project, canaries = hostile
    tree = GitRepository.open(project)
    assert "README" in tree.changes()
    made = tree.create_tag("v1", tree.head(), "text")
    tree.push_tag("origin", "v1")
    assert tree.remote_tag("origin", "v1") == made.commit
    tree.delete_tag("v1")
    assert [path.name for path in canaries.iterdir()] == []


def test_no_program_of_the_repository_runs_while_a_tag_is_signed(
    hostile: tuple[Path, Path], tmp_path: Path
) -> None:
    project, canaries = hostile
    key = make_key(tmp_path / "keys" / "key")
    tree = GitRepository.open(project)
    made = tree.create_tag("v1", tree.head(), "text", key=key)
    blob = from_armor(made.signature.encode(), "the tag")
    assert check(blob, GIT_NAMESPACE, made.signed_text, "the tag").fingerprint
    assert [path.name for path in canaries.iterdir()] == []


def test_no_address_is_rewritten_by_the_repository(hostile: tuple[Path, Path]) -> None:
    project, canaries = hostile
    for target in (f"ext::{project.parent}/programs/core.pager", "fd::3", "git://127.0.0.1:1/x"):
        subprocess.run(
            ["git", "config", "--replace-all", f"url.{target}.insteadOf", str(project.parent / "remote.git")],
            cwd=project,
            check=True,
        )
        assert GitRepository.open(project).remote_tag("origin", "v1") is None
        subprocess.run(["git", "config", "--remove-section", f"url.{target}"], cwd=project, check=True)
    assert [path.name for path in canaries.iterdir()] == []


def test_a_work_tree_that_is_claimed_elsewhere_is_not_believed(hostile: tuple[Path, Path]) -> None:
    project, _ = hostile
    subprocess.run(["git", "config", "core.worktree", "/"], cwd=project, check=True)
    tree = GitRepository.open(project)
    assert tree.root == project
    assert "README" in tree.changes()
