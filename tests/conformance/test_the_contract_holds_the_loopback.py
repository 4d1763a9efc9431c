"""Each request and response of the loopback server is checked against GitHub's own description."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.loopback_github import server
from tests.loopback_github.contract import PATHS, ContractError, check_reply, description, request_of
from tests.loopback_github.routes import Reply
from tests.loopback_github.running import REPOSITORY, running
from tests.loopback_github.server import TOKEN, LoopbackGitHub
from tests.loopback_github.state import ApiError

RELEASES = f"/repos/{REPOSITORY}/releases"
DRAFT = {"tag_name": "v1", "draft": True}


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackGitHub]:
    with running(monkeypatch) as github:
        yield github


def asked(github: LoopbackGitHub, method: str, path: str, body: object = None, token: str = TOKEN) -> int:
    parts = urlsplit(github.api)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port or 80)
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    status = connection.getresponse().status
    connection.close()
    return status


def violations(github: LoopbackGitHub) -> str:
    """What was found, taken away so that the server may end in peace."""
    found, github.violations = github.violations, []
    return "\n".join(found)


@pytest.mark.parametrize("body", [{}, {"tag_name": 7}, {"tag_name": "v1", "draft": "yes"}, ["v1"]])
@pytest.mark.parametrize("faulty", [False, True], ids=["answered", "a fault answers"])
def test_a_request_that_github_does_not_know(github: LoopbackGitHub, body: object, faulty: bool) -> None:
    if faulty:
        github.fault("POST", "/releases$", status=502)
    asked(github, "POST", RELEASES, body)
    assert violations(github).startswith(f"request POST {RELEASES}: ")


def test_a_path_that_github_does_not_have(github: LoopbackGitHub) -> None:
    assert asked(github, "GET", f"{RELEASES}/v1/files") == 500
    assert "request GET" in violations(github)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(201, b"{}"),
        Reply(201, b'{"id": "1"}'),
        Reply(202, b"{}"),
        Reply(422, b'{"errors": "none"}'),
    ],
)
def test_a_reply_that_github_does_not_give(
    github: LoopbackGitHub, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setattr(server, "answer", lambda *_args, **_options: reply)
    assert asked(github, "POST", RELEASES, DRAFT) == 500
    assert violations(github).startswith(f"reply {reply.status} to post {RELEASES}: ")


def test_an_error_response_is_checked_as_well(
    github: LoopbackGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_options: Any) -> Reply:
        error = ApiError(404, "Not Found")
        error.document["message"] = 404
        raise error

    monkeypatch.setattr(server, "answer", refuse)
    assert asked(github, "GET", f"{RELEASES}/tags/v1") == 500
    assert "reply 404" in violations(github)


def test_what_is_right_passes(github: LoopbackGitHub) -> None:
    assert asked(github, "POST", RELEASES, DRAFT) == 201
    assert asked(github, "GET", f"{RELEASES}/tags/v2") == 404
    assert asked(github, "GET", RELEASES, token="another") == 401
    assert github.violations == []


def test_the_description_is_githubs_whole_one_cut_to_these_paths() -> None:
    assert tuple(description()["paths"]) == PATHS
    assert description()["info"]["title"].startswith("GitHub's official OpenAPI spec")
    request = request_of("api", "GET", f"/repos/{REPOSITORY}", {}, {}, b"")
    with pytest.raises(ContractError, match="reply 200"):
        check_reply(request, 200, b"{}")
