"""The release paths of GitHub's REST API, answered from the state."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import unquote

from tests.loopback_github.state import ApiError, Repository


@dataclass(slots=True)
class Reply:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


class Host(Protocol):
    """What the routes need to know of the server."""

    repository: Repository
    downloads: str


def answer(
    github: Host,
    host: str,
    method: str,
    path: str,
    query: dict[str, str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    stale: bool,
) -> Reply:
    """Carry out one authorised request."""
    repository = github.repository
    base = f"/repos/{repository.full_name}"
    if not path.startswith(base):
        raise ApiError(404, "Not Found")
    place = path.removeprefix(base)
    name = headers.get("Host", "localhost").split(":")[0]
    if host == "uploads":
        if match := re.fullmatch(r"/releases/(\d+)/assets", place):
            release = repository.release(int(match[1]))
            kind = headers.get("Content-Type", "application/octet-stream")
            stored = repository.store(release, query["name"], body, kind)
            return _json(201, repository.asset_document(stored))
        raise ApiError(404, "Not Found")
    if (method, place) == ("GET", ""):
        return _json(200, repository.repository_document())
    if method == "GET" and (match := re.fullmatch(r"/git/ref/(tags/.+)", place)):
        return _json(200, repository.ref_document(unquote(match[1])))
    if (method, place) == ("GET", "/releases"):
        known = sorted(repository.releases.values(), key=lambda release: -release.id)
        documents = [repository.release_document(release, name) for release in known[1 if stale else 0 :]]
        return _page(documents, query, f"{repository.api}{path}")
    if (method, place) == ("POST", "/releases"):
        return _json(201, repository.release_document(repository.create(json.loads(body)), name))
    if (match := re.fullmatch(r"/releases/tags/(.+)", place)) and method == "GET":
        public = repository.public(match[1])
        if public is None:
            raise ApiError(404, "Not Found")
        return _json(200, repository.release_document(public, name))
    if match := re.fullmatch(r"/releases/assets/(\d+)", place):
        return _asset(github, method, int(match[1]), headers)
    if match := re.fullmatch(r"/releases/(\d+)", place):
        return _release(repository, method, int(match[1]), body, name)
    if (match := re.fullmatch(r"/releases/(\d+)/assets", place)) and method == "GET":
        assets = repository.release(int(match[1])).assets
        documents = [repository.asset_document(asset) for asset in assets[: -1 if stale else None]]
        return _page(documents, query, f"{repository.api}{path}")
    if (found := _comments(repository, method, place, query, body, f"{repository.api}{path}")) is not None:
        return found
    raise ApiError(404, "Not Found")


def _comments(
    repository: Repository, method: str, place: str, query: dict[str, str], body: bytes, address: str
) -> Reply | None:
    """Comments of pull requests; docs: "REST API endpoints for issue comments", "... for pull requests"."""
    if (method, place) == ("GET", "/pulls"):
        pulls = [pull for pull in repository.pulls if query.get("head") in (None, pull["head"]["label"])]
        return _page(pulls, query, address)
    if match := re.fullmatch(r"/issues/(\d+)/comments", place):
        number = int(match[1])
        if method == "GET":
            return _page(repository.comments_of(number), query, address)
        if method == "POST":
            return _json(201, repository.add_comment(number, json.loads(body)["body"]))
    if match := re.fullmatch(r"/issues/comments/(\d+)", place):
        comment = repository.comment(int(match[1]))
        if method == "DELETE":
            repository.require_write()
            repository.comments.remove(comment)
            return Reply(204)
        if method == "PATCH":
            repository.require_write()
            comment["body"] = repository.checked_comment(json.loads(body)["body"])
            return _json(200, comment)
    return None


def _asset(github: Host, method: str, number: int, headers: Mapping[str, str]) -> Reply:
    release, asset = github.repository.asset(number)
    if method == "DELETE":
        github.repository.require_write()
        release.assets.remove(asset)
        return Reply(204)
    if headers.get("Accept") == "application/octet-stream":
        return Reply(
            302, headers={"Location": f"{github.downloads}/signed/{number}"}, content_type="text/html"
        )
    return _json(200, github.repository.asset_document(asset))


def _release(repository: Repository, method: str, number: int, body: bytes, host: str) -> Reply:
    release = repository.release(number)
    if method == "DELETE":
        repository.delete(release)
        return Reply(204)
    if method == "PATCH":
        repository.edit(release, json.loads(body))
    return _json(200, repository.release_document(release, host))


def _json(status: int, document: Any) -> Reply:
    return Reply(status, json.dumps(document).encode())


def _page(documents: list[dict[str, Any]], query: dict[str, str], address: str) -> Reply:
    size, page = min(100, int(query.get("per_page", "30"))), int(query.get("page", "1"))
    reply = _json(200, documents[(page - 1) * size : page * size])
    if page * size < len(documents):
        reply.headers["Link"] = f'<{address}?per_page={size}&page={page + 1}>; rel="next"'
    return reply
