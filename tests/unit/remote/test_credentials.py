"""Which credential is found for which registry."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from obrelease.remote.oci.credential_sources import CredentialSources
from obrelease.remote.oci.credentials import find_credential
from obrelease.remote.oci.place import parse_place


def auth(text: str) -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


def found(tmp_path: Path, document: object, place: str, token: str | None = None) -> str | None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(document))
    credential = find_credential(CredentialSources((path,), token), parse_place(place))
    return None if credential is None else f"{credential.user}:{credential.password}"


@pytest.mark.parametrize(
    ("key", "place", "matches"),
    [
        ("ghcr.io", "oci://ghcr.io/a/b", True),
        ("https://ghcr.io/v2/", "oci://ghcr.io/a/b", True),
        ("ghcr.io/a", "oci://ghcr.io/a/b", True),
        ("ghcr.io/a/b", "oci://ghcr.io/a/b", True),
        ("ghcr.io/ab", "oci://ghcr.io/a/b", False),
        ("ghcr.io", "oci://ghcr.io.example.com/a/b", False),
        ("ghcr.io", "oci://evil.ghcr.io/a", False),
        ("localhost:5000", "oci://localhost:5000/a", True),
        ("localhost:5000", "oci://localhost:5001/a", False),
        ("localhost", "oci://localhost:5000/a", False),
        ("https://index.docker.io/v1/", "oci://docker.io/a/b", True),
    ],
)
def test_a_credential_is_for_its_host_and_port_alone(
    tmp_path: Path, key: str, place: str, matches: bool
) -> None:
    assert found(tmp_path, {"auths": {key: auth("u:p:q")}}, place) == ("u:p:q" if matches else None)


def test_the_most_special_entry_wins(tmp_path: Path) -> None:
    document = {"auths": {"h.example": auth("host:1"), "h.example/team": auth("team:2")}}
    assert found(tmp_path, document, "oci://h.example/team/x") == "team:2"
    assert found(tmp_path, document, "oci://h.example/other") == "host:1"


@pytest.mark.parametrize(
    ("place", "given"),
    [
        ("oci://ghcr.io/a/b", "x-access-token:token"),
        ("oci://ghcr.io:444/a/b", None),
        ("oci://evilghcr.io/a", None),
        ("oci://docker.io/a", None),
        ("oci://localhost:5000/a", None),
    ],
)
def test_the_github_token_is_for_ghcr_alone(tmp_path: Path, place: str, given: str | None) -> None:
    assert found(tmp_path, {}, place, "token") == given


def test_no_file_is_no_credential(tmp_path: Path) -> None:
    sources = CredentialSources((tmp_path / "absent.json",))
    assert find_credential(sources, parse_place("oci://ghcr.io/a")) is None


def test_no_secret_is_in_a_repr(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"auths": {"h.example": auth("user:pass-canary")}}))
    sources = CredentialSources((path,), "pass-canary")
    credential = find_credential(sources, parse_place("oci://h.example/a"))
    assert "pass-canary" not in repr(credential) + repr(sources)
    assert credential is not None
    assert credential.source == str(path)
