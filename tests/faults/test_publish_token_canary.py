"""A token canary over thirty failing paths: it is in no output, log, argument, journal, bundle or file."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

import obrelease.remote.github as github_package
from obrelease.cli.app import execute
from tests.loopback_github.client import surroundings, without_waits
from tests.loopback_github.server import TOKEN, LoopbackGitHub
from tests.unit.release.project import make_project

TAG = "v0.9-beta"
CREATE, UPLOAD = ("POST", r"/releases$"), ("POST", r"/releases/\d+/assets$")
PUBLISH, RELEASES = ("PATCH", r"/releases/\d+$"), ("GET", r"/releases$")
REPOSITORY = ("GET", r"/repos/octocat/ob$")
ECHO = f'{{"message": "no: {TOKEN}"}}'.encode()
FAILURES: tuple[dict[str, Any], ...] = (
    {"status": 401, "body": ECHO},
    {"status": 404, "body": f"<html>{TOKEN}".encode()},
    {"status": 502, "body": ECHO},
    {"status": 200, "body": f'["{TOKEN}"]'.encode()},
    {"status": 429, "headers": {"Retry-After": "5000"}, "body": ECHO},
)
NETWORK = [
    (step, failure) for step in (REPOSITORY, RELEASES, CREATE, UPLOAD, PUBLISH) for failure in FAILURES
]
COMMANDS: tuple[tuple[tuple[str, ...], dict[str, str]], ...] = (
    (("publish", TAG, "--remote", "nowhere"), {}),
    (("publish", TAG, "--remote", "origin"), {"OBRELEASE_TEST_REMOTE": "broken"}),
    (("publish", TAG), {"OBRELEASE_REPOSITORY": "octocat/absent"}),
    (("publish", TAG), {"OBRELEASE_API": "http://localhost:1"}),
    (("publish", TAG), {"OBRELEASE_API": f"http://{TOKEN}@localhost:1"}),
    (("publish", TAG), {"OBRELEASE_API": "http://192.0.2.1"}),
    (("publish", TAG), {"OBRELEASE_TOKEN": f"{TOKEN} "}),
    (("publish", "v1.0"), {"OBRELEASE_RESULTS": "absent"}),
    (("publish", TAG, "--resume"), {}),
    (("verify", "v3.0"), {}),
)


class Canary:
    """A project whose git writes down its arguments, and everything a failing command leaves behind."""

    def __init__(self, base: Path, github: LoopbackGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
        self.base, self.project = base, make_project(base)
        github.repository.git = self.project.remote
        programs = base / "programs"
        programs.mkdir()
        real = shutil.which("git")
        listing = f'for p in $$ $PPID; do cat /proc/$p/cmdline; done >> "{base}/argv"'
        script = f'#!/bin/sh\n{listing}\nexec {real} "$@"\n'
        (programs / "git").write_text(script)
        (programs / "git").chmod(0o755)
        monkeypatch.chdir(self.project.root)
        monkeypatch.setattr(github_package, "RequestTiming", without_waits)
        for name, value in surroundings(base, github.api).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PATH", f"{programs}:{surroundings(base, github.api)['PATH']}")
        (base / "tmp").mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(base / "tmp"))

    def assert_silent(self, said: str) -> None:
        assert TOKEN not in said
        files = [path for path in self.base.rglob("*") if path.is_file() and not path.is_symlink()]
        assert len(files) > 30
        assert [str(path) for path in files if TOKEN.encode() in path.read_bytes()] == []


@pytest.fixture
def canary(tmp_path: Path, github: LoopbackGitHub, monkeypatch: pytest.MonkeyPatch) -> Canary:
    return Canary(tmp_path, github, monkeypatch)


def test_there_are_thirty_paths() -> None:
    assert len(NETWORK) + len(COMMANDS) >= 30


@pytest.mark.parametrize("number", range(len(NETWORK)))
def test_network_failures(
    canary: Canary,
    github: LoopbackGitHub,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    number: int,
) -> None:
    step, failure = NETWORK[number]
    caplog.set_level(logging.DEBUG)
    github.fault(*step, times=99, **failure)
    assert execute(["publish", TAG, "-vv", "--remote", "origin"]) != 0
    said = "".join(capfd.readouterr())
    assert "error: " in said
    canary.assert_silent(said + caplog.text)


@pytest.mark.parametrize("number", range(len(COMMANDS)))
def test_commands_that_cannot_succeed(
    canary: Canary,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    arguments, environment = COMMANDS[number]
    caplog.set_level(logging.DEBUG)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    if environment.get("OBRELEASE_TEST_REMOTE"):
        shutil.rmtree(canary.project.remote)
    assert execute([*arguments, "-vv"]) != 0
    said = "".join(capfd.readouterr())
    assert "error: " in said
    canary.assert_silent(said + caplog.text)


def test_a_success_and_the_doctor_are_silent_too(
    canary: Canary, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for arguments in (
        ["publish", TAG, "--remote", "origin", "--json"],
        ["bundle", TAG],
        ["publish", TAG, "--abort"],
        ["doctor", "-vv"],
    ):
        execute(arguments)
    canary.assert_silent("".join(capfd.readouterr()) + caplog.text)
    argv = (canary.base / "argv").read_bytes()
    assert argv.count(b"\0") > 100
