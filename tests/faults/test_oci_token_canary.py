"""A credential canary over failing paths of a shared registry: it is in no output, log, argument or file."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from obrelease.api import shared_connection
from obrelease.cli.app import execute
from obrelease.remote.oci.timing import OciTiming
from tests.oci_registry.machines import Machine
from tests.oci_registry.stub import Reply, StubRegistry

SECRET = "canary-of-a-password"
AUTH = base64.b64encode(f"user:{SECRET}".encode()).decode()
ECHO = json.dumps({"errors": [{"code": SECRET, "message": f"no: {SECRET} {AUTH}"}]}).encode()
FAILURES: tuple[Reply, ...] = (
    Reply(401, ECHO, {"WWW-Authenticate": f'Basic realm="{SECRET}"'}),
    Reply(401, ECHO, {"WWW-Authenticate": f'Bearer realm="https://{SECRET}.example.com/",service="{AUTH}"'}),
    Reply(401, ECHO, {"WWW-Authenticate": f'Bearer realm="http://127.0.0.1:1/{SECRET}"'}),
    Reply(403, ECHO),
    Reply(404, ECHO),
    Reply(429, ECHO, {"Retry-After": "90000"}),
    Reply(502, ECHO),
    Reply(200, ECHO),
    Reply(307, ECHO, {"Location": f"http://{SECRET}.example.com/{AUTH}"}),
    Reply(202, ECHO, {"Location": f"https://{SECRET}.example.com/{AUTH}"}),
)
STEPS = (r" /v2/.*/tags/", r"^POST ", r"^PUT .*/blobs/", r"^PUT .*/manifests/", r"^HEAD ")
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("push", "PLACE"),
    ("push", f"oci://user:{SECRET}@localhost/x"),
    ("remote", "add", "team", f"oci://user:{SECRET}@localhost/x"),
    ("list", "--remote", f"oci://localhost/{SECRET}@x"),
    ("verify", f"oci://user:{SECRET}@localhost/x:v1"),
)


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubRegistry]:
    server = StubRegistry()
    server.start()
    docker = tmp_path / "secrets"
    docker.mkdir()
    (docker / "config.json").write_text(json.dumps({"auths": {server.host: {"auth": AUTH}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(docker))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    quick = partial(OciTiming, response_deadline_s=5.0, attempts=2, wait=lambda _: None)
    monkeypatch.setattr(shared_connection, "OciTiming", quick)
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    server.guard = wants_the_password
    yield server
    server.stop()


def wants_the_password(_: str, headers: dict[str, str]) -> Reply | None:
    if headers.get("authorization") == f"Basic {AUTH}":
        return None
    return Reply(401, headers={"WWW-Authenticate": 'Basic realm="tests"'})


def assert_silent(base: Path, said: str) -> None:
    """The secret is in no output and no file but the user's own."""
    for form in (SECRET, AUTH):
        assert form not in said
        files = [path for path in base.rglob("*") if path.is_file() and path.parent.name != "secrets"]
        assert files
        assert [str(path) for path in files if form.encode() in path.read_bytes()] == []


@pytest.mark.parametrize(
    "step", [STEPS[0], *(pytest.param(step, marks=pytest.mark.nightly) for step in STEPS[1:])]
)
def test_network_failures(
    tmp_path: Path,
    stub: StubRegistry,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    step: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    machine = Machine(tmp_path / "project" / "results", stub.place())
    machine.record(1)
    failed = 0
    for failure in FAILURES:
        for held in (stub.lies, stub.blobs, stub.manifests, stub.tagged):
            held.clear()  # type: ignore[attr-defined]

        def echo(_: Reply, failure: Reply = failure) -> Reply | None:
            return failure if stub.authorizations[-1] else None  # only who received a secret can echo it

        stub.lie(step, echo)
        failed += execute(["push", stub.place(), "-vv"]) != 0
    said = "".join(capfd.readouterr())
    assert failed >= 7
    assert said.count("error: ") == failed
    assert any(f"Basic {AUTH}" == header for header in stub.authorizations)
    assert_silent(tmp_path, said + caplog.text)


def test_commands_that_cannot_succeed_and_those_that_do(
    tmp_path: Path, stub: StubRegistry, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    Machine(tmp_path / "project" / "results", stub.place()).record(1)
    assert execute(["push", stub.place(), "-vv"]) == 0
    assert execute(["list", "--remote", stub.place(), "-vv", "--json"]) == 0
    assert execute(["sync", stub.place(), "--results", "other", "-vv"]) == 0
    for words in COMMANDS:
        execute([word.replace("PLACE", stub.place()) for word in words])
    said = "".join(capfd.readouterr())
    assert said.count("error: ") == len(COMMANDS) - 1
    assert_silent(tmp_path, said + caplog.text)


def test_a_long_upload_keeps_its_location_for_the_user_alone(
    tmp_path: Path, stub: StubRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    from obrelease.registry.shared.user_cache import UserCache

    cache = UserCache()
    cache.keep("oci://h/x", "0" * 64, "https://h/upload?_state=secret")
    (kept,) = (tmp_path / "home" / ".cache" / "obrelease" / "shared" / "uploads").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert cache.location("oci://h/x", "0" * 64) == "https://h/upload?_state=secret"
    cache.keep("oci://h/x", "0" * 64, None)
    assert cache.location("oci://h/x", "0" * 64) is None
