"""The one comment of this program on a pull request: made once, then updated.

A hidden first line marks it. Two jobs that make it at once leave one: the oldest counts, and whoever
made a later one deletes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from obrelease.errors import UsageError
from obrelease.remote.github.client import Client
from obrelease.remote.names import checked_commit, checked_repository

MAX_CHARACTERS: Final = 65_536

CommentState = Literal["created", "updated", "unchanged", "not needed"]


@dataclass(frozen=True, slots=True)
class CommentResult:
    """What became of the comment; `address` is its page, None if there is none."""

    state: CommentState
    address: str | None


def put_comment(
    client: Client, repository: str, number: int, text: str, *, name: str, silent: bool
) -> CommentResult:
    """Make or update the comment called `name` on a pull request.

    Args:
        repository: `owner/name`.
        number: of the pull request.
        text: the comment.
        silent: make no comment if there is none yet.

    Raises:
        UsageError: the text is longer than a comment may be.
        RemoteError: GitHub failed, or refused.
    """
    marker = f"<!-- obrelease: {name} -->"
    body = f"{marker}\n{text}"
    if len(body) > MAX_CHARACTERS:
        raise UsageError(f"the comment has {len(body)} characters; GitHub takes {MAX_CHARACTERS}")
    issues = f"/repos/{checked_repository(repository)}/issues"
    found = _ours(client, f"{issues}/{number}/comments", marker)
    if not found:
        if silent:
            return CommentResult("not needed", None)
        made = int(client.write("POST", f"{issues}/{number}/comments", {"body": body}, 201)["id"])
        found = _ours(client, f"{issues}/{number}/comments", marker)
        if not found or int(found[0]["id"]) == made:
            return CommentResult("created", _address(found))
        client.write("DELETE", f"{issues}/comments/{made}", None, 204)
    first = found[0]
    if first.get("body") == body:
        return CommentResult("unchanged", _address(found))
    client.write("PATCH", f"{issues}/comments/{int(first['id'])}", {"body": body}, 200)
    return CommentResult("updated", _address(found))


def find_pull_request(client: Client, repository: str, head: str, commit: str) -> int | None:
    """The number of the open pull request with this head branch, if its newest commit is `commit`.

    Args:
        head: `OWNER:BRANCH`.

    Raises:
        UsageError: the head or the commit is malformed.
        RemoteError: GitHub failed.
    """
    owner, colon, branch = head.partition(":")
    if not (owner and colon and branch) or not head.isprintable():
        raise UsageError(f"the head is {head!r:.80}; it must be OWNER:BRANCH")
    checked_commit(commit)
    path = f"/repos/{checked_repository(repository)}/pulls"
    for pull in client.read(path, {"state": "open", "head": head, "per_page": 100}):
        if pull.get("head", {}).get("sha") == commit:
            return int(pull["number"])
    return None


def inert_mentions(text: str) -> str:
    """The text with `@` as a character reference: nobody is notified, whoever wrote it."""
    return text.replace("@", "&#64;")


def _ours(client: Client, path: str, marker: str) -> list[dict[str, Any]]:
    """Our comments, the oldest first."""
    found = [
        each
        for each in client.read_all(path)
        if str(each.get("body", "")).partition("\n")[0].strip() == marker
    ]
    return sorted(found, key=lambda each: int(each["id"]))


def _address(found: list[dict[str, Any]]) -> str | None:
    return str(found[0].get("html_url")) if found else None
