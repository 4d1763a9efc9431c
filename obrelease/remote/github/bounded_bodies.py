"""Bodies of GitHub's responses with a limit: PyGithub reads each as a whole, whatever its size.

A body counts as it is after decompression, and against the budget of the command.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import requests
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester
from requests.adapters import HTTPAdapter

from obrelease.errors import RemoteError
from obrelease.storage.limits import Resource, charge

MAX_LIST_BYTES: Final = 32 * 2**20
"""The largest document that a GET gives: a page of a hundred releases with their notes and assets."""

MAX_REPLY_BYTES: Final = 2 * 2**20
"""The largest reply to a write: one release or one asset."""

MAX_VALUES: Final = 1_000_000
"""The most values of one document; each takes some hundred bytes of memory."""


class BodyTooLarge(RemoteError):
    """A response has a larger body than any of GitHub's."""


class _BoundedAdapter(HTTPAdapter):
    """Sends requests, and lets no more of a body be read than the limit of the request's method."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        response = super().send(request, *args, **options)
        limit = MAX_LIST_BYTES if request.method == "GET" else MAX_REPLY_BYTES
        whole = response.raw.stream
        response.raw.stream = lambda *how, **more: _limited(whole(*how, **more), limit)
        return response


class _HTTPSConnection(HTTPSRequestsConnectionClass):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.session.mount("https://", _bounded(self.adapter))


class _HTTPConnection(HTTPRequestsConnectionClass):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.session.mount("http://", _bounded(self.adapter))


class BoundedRequester(Requester):
    """PyGithub's requester with connections whose bodies are limited."""


BoundedRequester.injectConnectionClasses(_HTTPConnection, _HTTPSConnection)


def require_few_values(text: str, what: str) -> None:
    """Refuse a document with more values than `MAX_VALUES` before it is parsed.

    Raises:
        BodyTooLarge: it has more.
    """
    if sum(text.count(mark) for mark in "[{,") > MAX_VALUES:
        raise BodyTooLarge(f"GitHub's response to {what} has more than {MAX_VALUES:,} values")


def _bounded(adapter: HTTPAdapter) -> _BoundedAdapter:
    return _BoundedAdapter(max_retries=adapter.max_retries)


def _limited(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    received = 0
    for chunk in chunks:
        received += len(chunk)
        charge(Resource.DOWNLOADED, len(chunk), "GitHub")
        if received > limit:
            raise BodyTooLarge(f"GitHub's response has more than {limit:,} bytes")
        yield chunk
