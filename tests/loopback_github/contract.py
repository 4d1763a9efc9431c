"""GitHub's own OpenAPI description, cut to releases, to check every request and response in process.

The description is npm `@octokit/openapi`, installed by `scripts/install_test_servers.sh`.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.responses.exceptions import ResponseNotFound
from openapi_core.testing import MockRequest, MockResponse

EMULATOR: Final = Path(__file__).resolve().parents[1] / "emulator"
DESCRIPTION: Final = EMULATOR / "node_modules/@octokit/openapi/generated/api.github.com.json"
PATHS: Final = (
    "/repos/{owner}/{repo}",
    "/repos/{owner}/{repo}/git/ref/{ref}",
    "/repos/{owner}/{repo}/issues/comments/{comment_id}",
    "/repos/{owner}/{repo}/issues/{issue_number}/comments",
    "/repos/{owner}/{repo}/pulls",
    "/repos/{owner}/{repo}/releases",
    "/repos/{owner}/{repo}/releases/assets/{asset_id}",
    "/repos/{owner}/{repo}/releases/tags/{tag}",
    "/repos/{owner}/{repo}/releases/{release_id}",
    "/repos/{owner}/{repo}/releases/{release_id}/assets",
)


_PORT: Final = re.compile(rb"(localhost):[0-9]+")
_Pairs = tuple[tuple[str, str], ...]
_REF: Final = "/git/ref/"
"""What follows may have slashes, which a template of a path has no place for."""


class ContractError(AssertionError):
    """A request or a reply that GitHub's description does not allow."""


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            yield reference
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _cut(whole: Mapping[str, Any]) -> dict[str, Any]:
    """The description with `PATHS` alone and the components that they need."""
    operations = ("get", "post", "patch", "delete", "parameters")
    paths = {p: {k: v for k, v in whole["paths"][p].items() if k in operations} for p in PATHS}
    kept: dict[str, Any] = {"openapi": whole["openapi"], "info": whole["info"], "servers": whole["servers"]}
    kept |= {"paths": paths, "components": {}}
    waiting = list(_references(paths))
    while waiting:
        _, _, kind, name = waiting.pop().split("/", 3)
        section = kept["components"].setdefault(kind, {})
        if name not in section:
            section[name] = whole["components"][kind][name]
            waiting += _references(section[name])
    return kept


@functools.cache
def description() -> dict[str, Any]:
    """The cut description. The one correction: `starter`, which GitHub's prose names, is a state."""
    if not DESCRIPTION.is_file():
        raise FileNotFoundError(f"{DESCRIPTION} is missing: run scripts/install_test_servers.sh")
    cut = _cut(json.loads(DESCRIPTION.read_text("utf-8")))
    cut["components"]["schemas"]["release-asset"]["properties"]["state"]["enum"].append("starter")
    return cut


@functools.cache
def _openapi() -> OpenAPI:
    return OpenAPI.from_dict(description())


def example(name: str) -> dict[str, Any]:
    """A copy of one of the description's own example documents."""
    value = description()["components"]["examples"][name]["value"]
    copied = json.loads(json.dumps(value[0] if isinstance(value, list) else value))
    assert isinstance(copied, dict)
    return copied


def request_of(
    host: str, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
) -> MockRequest:
    """A request as openapi-core sees it; `host` is `api` or `uploads`.

    Raises:
        ContractError: it is not one that the description allows.
    """
    kept = tuple((name, value) for name, value in headers.items() if name.lower() != "host")
    request, fault = _checked_request(host, method, path, tuple(query.items()), kept, body)
    if fault is not None:
        raise ContractError(fault)
    return request


def check_reply(request: MockRequest, status: int, body: bytes) -> None:
    """Check a reply; refusals such as 401, which every operation may give, are not in the description.

    Raises:
        ContractError: the body is not what the description says, or it knows no such success.
    """
    fault = _reply_fault(request, status, _PORT.sub(rb"\1", body))
    if fault is not None:
        raise ContractError(fault)


# A check takes milliseconds, and many tests send the same request: each distinct one is checked once.
# The description knows one media type of uploads; GitHub's prose on this request asks for that of the asset.
@functools.lru_cache(maxsize=4096)
def _checked_request(
    host: str, method: str, path: str, query: _Pairs, headers: _Pairs, body: bytes
) -> tuple[MockRequest, str | None]:
    """The request, and why the description does not allow it."""
    fields = dict(headers)
    described, slash, ref = path.partition(_REF)
    request = MockRequest(
        f"https://{host}.github.com",
        method.lower(),
        f"{described}{slash}{ref.replace('/', '%2F')}",
        args=dict(query),
        headers=fields,
        data=body or None,
        content_type="application/octet-stream" if host == "uploads" else "application/json",
    )
    try:
        _openapi().validate_request(request)
    except OpenAPIError as error:
        return request, f"request {method} {path}: {_reason(error)}"
    return request, None


@functools.lru_cache(maxsize=4096)
def _reply_fault(request: MockRequest, status: int, body: bytes) -> str | None:
    """Why the description does not allow the reply; requests are the same object if they are equal."""
    try:
        _openapi().validate_response(request, MockResponse(body, status_code=status))
    except ResponseNotFound:
        if status < HTTPStatus.BAD_REQUEST:
            return f"reply {status} to {request.method} {request.path}: is unknown"
    except OpenAPIError as error:
        return f"reply {status} to {request.method} {request.path}: {_reason(error)}"
    return None


def _reason(error: BaseException) -> str:
    cause = error.__cause__
    details = [f"{entry.json_path}: {entry.message}" for entry in getattr(cause, "schema_errors", [])]
    return "; ".join([*details, str(error)])[:500]
