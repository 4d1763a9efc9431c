"""Who may push and pull: Basic and Bearer at a real server, credential files, helpers and their limits."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obrelease.errors import ObreleaseError, RemoteError, UsageError
from obrelease.remote.oci.transport import RegistryRejected
from tests.oci_registry.debian import docker_registry
from tests.oci_registry.machines import Machine, tree_bytes
from tests.oci_registry.stub import Reply, StubRegistry
from tests.oci_registry.token_server import ISSUER, SERVICE, TokenServer

USER, PASSWORD = "user", "password-canary"
AUTH = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
BASIC = f"Basic {AUTH}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    (folder / ".docker").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("NO_PROXY", "*")
    return folder


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    server = TokenServer(BASIC)
    server.start()
    yield server
    server.stop()


def log_in(home: Path, host: str, entry: dict[str, str] | None = None) -> None:
    """What `docker login` leaves."""
    document = {"auths": {host: {"auth": AUTH} if entry is None else entry}}
    (home / ".docker" / "config.json").write_text(json.dumps(document))


def exchange(tmp_path: Path, place: str) -> None:
    """Push from one machine and pull to another."""
    one, other = Machine(tmp_path / "one", place), Machine(tmp_path / "other", place)
    (entry,) = one.record(1)
    one.push()
    other.pull(entry.digest)
    assert tree_bytes(one.results) == tree_bytes(other.results)


def test_htpasswd_at_the_real_server(tmp_path: Path, home: Path) -> None:
    passwords = tmp_path / "htpasswd"
    subprocess.run(["htpasswd", "-Bbc", "-C", "4", str(passwords), USER, PASSWORD], check=True)
    auth = f"  htpasswd: {{realm: tests, path: {passwords}}}\n"
    with docker_registry(tmp_path / "server", auth) as server:
        place = server.place()
        machine = Machine(tmp_path / "results", place)
        machine.record(1)
        with pytest.raises(RegistryRejected, match=r"status 401.*no credential"):
            machine.push()
        log_in(home, server.host, {"username": USER, "password": "wrong"})
        with pytest.raises(RegistryRejected, match="status 401") as caught:
            machine.push()
        assert str(home / ".docker" / "config.json") in caught.value.message
        log_in(home, server.host)
        exchange(tmp_path, place)


def test_tokens_at_the_real_server(tmp_path: Path, home: Path, tokens: TokenServer) -> None:
    certificate = tokens.write_certificate(tmp_path / "issuer.pem")
    auth = (
        f"  token: {{realm: {tokens.realm}, service: {SERVICE}, issuer: {ISSUER},"
        f" rootcertbundle: {certificate}}}\n"
    )
    with docker_registry(tmp_path / "server", auth) as server:
        with pytest.raises(RemoteError, match=r"token from .*: status 401 with no credential"):
            exchange(tmp_path / "nobody", server.place())
        log_in(home, server.host)
        tokens.seen.clear()
        exchange(tmp_path, server.place())
    scopes = [scope for scope in ("pull%2Cpush", "%3Apull") for seen in tokens.seen if scope in seen]
    assert "pull%2Cpush" in scopes
    assert len(tokens.seen) == 2  # one for the push, one for the pull


def test_a_token_that_expires_is_renewed(
    tmp_path: Path, home: Path, stub: StubRegistry, tokens: TokenServer
) -> None:
    log_in(home, stub.host)
    served = 0

    def check(_: str, headers: dict[str, str]) -> Reply | None:
        nonlocal served
        served += 1
        if not headers.get("authorization", "").startswith("Bearer ") or served % 5 == 0:
            return Reply(401, headers={"WWW-Authenticate": f'Bearer realm="{tokens.realm}",service="x"'})
        return None

    stub.guard = check
    exchange(tmp_path, stub.place())
    assert len(tokens.seen) > 3


def test_a_refresh_token_is_posted(
    tmp_path: Path, home: Path, stub: StubRegistry, tokens: TokenServer
) -> None:
    log_in(home, stub.host, {"identitytoken": "refresh-canary"})
    tokens.refresh_token = "refresh-canary"

    def check(_: str, headers: dict[str, str]) -> Reply | None:
        if headers.get("authorization", "").startswith("Bearer "):
            return None
        return Reply(401, headers={"WWW-Authenticate": f'Bearer realm="{tokens.realm}",service="x"'})

    stub.guard = check
    exchange(tmp_path, stub.place())
    assert all("grant_type=refresh_token" in seen for seen in tokens.seen)


def wants_basic(_: str, headers: dict[str, str]) -> Reply | None:
    if headers.get("authorization") == BASIC:
        return None
    return Reply(401, headers={"WWW-Authenticate": 'Basic realm="tests"'})


@pytest.mark.parametrize("key", ["credHelpers", "credsStore"])
def test_a_helper_is_asked(
    tmp_path: Path, home: Path, stub: StubRegistry, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    program = tmp_path / "docker-credential-tests"
    program.write_text(
        f'#!/bin/sh\nread server\n[ "$server" = "{stub.host}" ] && [ "$1" = get ] || exit 1\n'
        f'printf \'{{"Username": "{USER}", "Secret": "{PASSWORD}"}}\'\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    value: Any = {stub.host: "tests"} if key == "credHelpers" else "tests"
    (home / ".docker" / "config.json").write_text(json.dumps({key: value}))
    stub.guard = wants_basic
    exchange(tmp_path, stub.place())


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a JSON object"),
        ('{"auths": {"HOST": {"auth": "secret-canary"}}}', "has no credential"),
        ('{"credHelpers": {"HOST": "../evil"}}', "is not the name of a credential helper"),
        ('{"credHelpers": {"HOST": "absent-helper"}}', "cannot be run: FileNotFoundError"),
    ],
)
def test_malformed_configurations_are_named(
    tmp_path: Path, home: Path, stub: StubRegistry, document: str, message: str
) -> None:
    stub.guard = wants_basic
    (home / ".docker" / "config.json").write_text(document.replace("HOST", stub.host))
    with pytest.raises(UsageError, match=message) as caught:
        exchange(tmp_path, stub.place())
    assert "config.json" in caught.value.message
    assert "secret-canary" not in caught.value.message


FOREIGN: tuple[tuple[str, str], ...] = (
    ("https://tokens.example.com/token", "wants its credentials sent to"),
    ("http://tokens.example.com/token", "not on this machine"),
    ("http://user:x@127.0.0.1/token", "not a plain https address"),
    ("ftp://127.0.0.1/token", "not a plain https address"),
    ("", "not a plain https address"),
)


@pytest.mark.parametrize(("realm", "message"), FOREIGN)
def test_a_foreign_token_server_gets_no_credential(
    tmp_path: Path, home: Path, stub: StubRegistry, realm: str, message: str
) -> None:
    log_in(home, stub.host)
    stub.guard = lambda _, __: Reply(401, headers={"WWW-Authenticate": f'Bearer realm="{realm}",service="x"'})
    with pytest.raises(ObreleaseError, match=message):
        exchange(tmp_path, stub.place())


def test_a_redirect_to_another_host_gets_no_credential(
    tmp_path: Path, home: Path, stub: StubRegistry
) -> None:
    log_in(home, stub.host)
    stub.guard = wants_basic
    one = Machine(tmp_path / "one", stub.place())
    (entry,) = one.record(1)
    one.push()
    elsewhere = StubRegistry(blobs=stub.blobs)
    elsewhere.start()
    try:
        other = elsewhere.host.replace("127.0.0.1", "localhost")

        def moved(reply: Reply) -> Reply | None:
            digest = reply.headers.get("Docker-Content-Digest")
            return Reply(307, headers={"Location": f"http://{other}/v2/x/blobs/{digest}"}) if digest else None

        stub.lie(r"GET /v2/.*/blobs/", moved)
        Machine(tmp_path / "other", stub.place()).pull(entry.digest)
        assert len(elsewhere.seen) == 3
        assert set(elsewhere.authorizations) == {""}
    finally:
        elsewhere.stop()
