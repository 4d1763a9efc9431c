"""Tags, remotes and refs that must never reach git: no process is started for any of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode, UsageError
from obrelease.models.version_tag import Tag
from obrelease.remote.git.repository import GitRepository
from tests.property.prng import Prng
from tests.unit.release.project import make_project

SHELL = (
    "v1;id",
    "$(id)",
    "`id`",
    "v1|id",
    "v1&id",
    "v1>x",
    "v1<x",
    "v1\nid",
    "v1\r",
    "v1\t2",
    "v1 2",
    "'v1'",
    '"v1"',
)
OPTIONS = ("-v1", "--upload-pack=id", "--exec=id", "-d", "--", "--receive-pack=id", "-c", "--config=x")
REFS = (
    *("HEAD", "FETCH_HEAD", "ORIG_HEAD", "refs/tags/v1", "../v1", "v1/..", "v1/../../x", "v1..v2", "v1...v2"),
    *(
        "@",
        "@{u}",
        "v1@{1}",
        "v1^{}",
        "v1~1",
        "v1^",
        ":v1",
        "v1:x",
        "+v1",
        "v1.lock",
        "v1.",
        ".v1",
        "v1/",
        "/v1",
    ),
    *(
        "*",
        "v1*",
        "v1?",
        "v1[a]",
        "v1\\x",
        "ext::sh -c id",
        "file:///etc",
        "ssh://-oProxyCommand=id",
        "a" * 40,
    ),
)
UNICODE = (
    "v1\u0000",
    "v1\u200b",
    "v\u0661",
    "v1-be\u0301ta",
    "v1\u202e",
    "\ufeffv1",
    "v１",
    "v1\x7f",
    "v1\x1b[0m",
)
HOSTILE = (*SHELL, *OPTIONS, *REFS, *UNICODE)
ALPHABET = "v01.-+~^:;$`|&<>(){}[]*?!@#%=\\/'\" \t\n\r\0\x1b\x7faZé\u0301\u202e"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitRepository:
    """An open work tree, after which no process can be started."""
    opened = GitRepository.open(make_project(tmp_path).root)

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    return opened


def acts(tree: GitRepository) -> dict[str, Callable[[str], object]]:
    """Every door through which a name could come to git."""
    return {
        "tag": Tag.parse,
        "local_tag": tree.local_tag,
        "remote_tag_object": lambda name: tree.remote_tag_object("origin", name),
        "create_tag": lambda name: tree.create_tag(name, "0" * 40, "text"),
        "commit": lambda name: tree.create_tag("v1", name, "text"),
        "delete_tag": tree.delete_tag,
        "push_tag": lambda name: tree.push_tag("origin", name),
        "remote_tag": lambda name: tree.remote_tag("origin", name),
        "remote_url": tree.remote_url,
        "remote": lambda name: tree.remote_tag(name, "v1"),
    }


def test_sixty_hostile_names_are_refused_at_every_door(tree: GitRepository) -> None:
    """Bar: refused before git is started."""
    assert len(set(HOSTILE)) >= 60
    for door, act in acts(tree).items():
        for name in HOSTILE:
            if door == "commit" and name == "a" * 40:
                continue
            if door in {"remote", "remote_url"} and name in {"HEAD", "FETCH_HEAD", "ORIG_HEAD", "a" * 40}:
                continue
            with pytest.raises(UsageError):
                act(name)


def test_ten_thousand_generated_names_are_refused_or_harmless(tree: GitRepository) -> None:
    """Bar: refused before git is started, 10,000 of 10,000."""
    prng, doors, refused = Prng(60), acts(tree), 0
    while refused < 10_000:
        name = "".join(ALPHABET[prng.below(len(ALPHABET))] for _ in range(1 + prng.below(12)))
        if name.isascii() and all(c.isalnum() or c in ".-+@/" for c in name):
            continue
        with pytest.raises(UsageError):
            doors[sorted(doors)[refused % len(doors)]](name)
        refused += 1


@pytest.mark.parametrize("command", ["publish", "tag", "bundle"])
def test_the_command_line_refuses_them_without_starting_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    project = make_project(tmp_path)
    programs, canary = tmp_path / "programs", tmp_path / "canary"
    programs.mkdir()
    (programs / "git").write_text(f"#!/bin/sh\necho \"$@\" >> '{canary}'\nexit 1\n")
    (programs / "git").chmod(0o755)
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("PATH", str(programs))
    for name in HOSTILE:
        assert execute([command, "--quiet", "--", name]) == ExitCode.USAGE, ascii(name)
    assert "Traceback" not in capsys.readouterr().err
    assert not canary.exists()
