"""Single requests to the GitHub API and their outcomes. Only this and `bounded_bodies` import PyGithub.

PyGithub's objects fetch again on their own when a field is missing, and its default retry
repeats writes. So only its `Requester` is used, and each request has one of three outcomes:
a response, `RequestRejected` (nothing was done) or `AmbiguousResponse` (it is unknown whether
it was done: the caller has to look before it acts again).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO, Final, TypeVar, cast

from github import Auth, GithubException
from requests import RequestException
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from obrelease.errors import Conflict, IntegrityError, ObreleaseError, RemoteError, UsageError
from obrelease.remote.github.addresses import checked_api, checked_upload_address
from obrelease.remote.github.bounded_bodies import BoundedRequester, require_few_values
from obrelease.remote.github.content_type import content_type
from obrelease.remote.github.download import asset_chunks
from obrelease.remote.github.rejection_hints import rejection_hint
from obrelease.remote.github.request_timing import RequestTiming, requested_wait_s
from obrelease.remote.github.write_spacing import WriteRateLimiter
from obrelease.remote.timeout import DeadlineExceeded, call_with_deadline
from obrelease.storage.limits import parsing
from obrelease.storage.transfer import SourceFile

PER_PAGE: Final = 100
MAX_PAGES: Final = 1000
_FAILURES: Final = (
    GithubException,
    RequestException,
    HTTPError,
    AssertionError,
    OSError,
    ValueError,
    RuntimeError,
    AttributeError,
    TypeError,
)

Result = TypeVar("Result")
Response = tuple[int, dict[str, Any], str]
"""Status, headers and body of a response."""


class RequestRejected(RemoteError):
    """GitHub rejected the request; nothing was changed.

    Attributes:
        status: the HTTP status, from 400 to 499.
        codes, fields: the `code` and the `field` of each entry in the response's `errors`.
    """

    def __init__(
        self,
        message: str,
        status: int,
        codes: frozenset[str] = frozenset(),
        fields: frozenset[str] = frozenset(),
        *,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.codes = codes
        self.fields = fields


class AmbiguousResponse(RemoteError):
    """No clear response: the request may or may not have been carried out."""


class RequestTimedOut(AmbiguousResponse):
    """The deadline of the whole request passed. It is not repeated in this run."""


class Client:
    """Requests to one GitHub API, with its token, deadlines and waits.

    Only reads are repeated after they may have been carried out. Connecting is tried four times,
    since nothing was sent by then. Not thread-safe.
    """

    def __init__(self, api: str, token: str, timing: RequestTiming) -> None:
        self.timing = timing
        self._api = checked_api(api)
        self._token = _checked_token(token)
        self._remaining_wait_s = timing.max_total_wait_s
        self._rate_limiter = WriteRateLimiter(timing)
        self._requester = self._connect()

    def _connect(self) -> BoundedRequester:
        return BoundedRequester(
            auth=Auth.Token(self._token),
            base_url=self._api,
            timeout=max(1, int(self.timing.response_deadline_s)),
            user_agent="obrelease",
            per_page=PER_PAGE,
            verify=True,
            retry=Retry(total=3, connect=3, read=0, redirect=0, status=0, other=0, backoff_factor=0.5,
                        status_forcelist=(), allowed_methods=None, raise_on_status=False,
                        respect_retry_after_header=False),
            pool_size=None,
            seconds_between_writes=self.timing.write_spacing_s or None,
        )  # fmt: skip

    def read(self, path: str, parameters: dict[str, Any] | None = None) -> Any:
        """GET a document; the request is repeated after an ambiguous response."""
        return self._read(path, parameters)[1]

    def read_all(self, path: str) -> list[Any]:
        """GET all pages of a list, each entry once, by its `id`.

        Pages are requested as long as one is full or a `Link` header names a next one, so that no
        entry is missed. A list that only repeats itself is refused.
        """
        entries: dict[object, Any] = {}
        repeats = 0
        for page in range(1, MAX_PAGES + 1):
            headers, found = self._page(path, page)
            before = len(entries)
            entries |= {entry.get("id"): entry for entry in found}
            if len(found) < PER_PAGE and 'rel="next"' not in str(headers.get("link", "")):
                return list(entries.values())
            repeats = repeats + 1 if len(entries) == before else 0
            if repeats == self.timing.attempts:
                break
        raise RemoteError(f"GitHub's list of {path} does not end", hint="run the same command again")

    def write(self, verb: str, path: str, body: dict[str, Any] | None, status: int) -> Any:
        """POST, PATCH or DELETE once; `status` is the only status of a success."""
        return self._document(verb, path, None, body, status)[1]

    def upload(self, url: str, name: str, source: SourceFile) -> Any:
        """POST a file to the upload address of a draft; the address's host is checked.

        Raises:
            RemoteError: the address is not of the API's own host for uploads; nothing was sent.
            IntegrityError: the file changed; the last bytes of the body were not sent.
        """
        url = checked_upload_address(url.split("{", 1)[0], self._api)

        def post() -> Response:
            source.seek(0)
            headers = {"Content-Type": content_type(name), "Content-Length": str(source.size)}
            _, data = self._requester.requestMemoryBlobAndCheck(
                "POST", url, parameters={"name": name}, headers=headers, file_like=cast("BinaryIO", source)
            )
            return 201, {}, json.dumps(data)

        deadline_s = self.timing.deadline_s(source.size)
        _, _, text = self._request(f"upload of {name}", post, deadline_s, source.cancel, writes=True)
        return self._parsed(f"upload of {name}", text)

    def download(self, what: str, path: str, size: int, read: Callable[[Iterator[bytes]], None]) -> None:
        """GET an asset and pass its chunks to `read`; a redirect is followed without the token."""
        cancelled: list[bool] = []

        def received(chunks: Iterator[bytes]) -> Iterator[bytes]:
            left = size
            while not cancelled:
                # A broken connection is an OSError: without this it would look like one of the disk.
                try:
                    chunk = next(chunks, None)
                except _FAILURES as error:
                    raise self._ambiguous(what, error) from None
                if chunk is None:
                    return
                left -= len(chunk)
                if left < 0:
                    raise IntegrityError(f"{what}: has more than the {size:,} bytes that GitHub reports")
                yield chunk
            raise AmbiguousResponse(f"{what} was cancelled")

        def get() -> Response:
            with asset_chunks(self._api, path, self._token, self.timing.response_deadline_s) as chunks:
                read(received(chunks))
            return 200, {}, ""

        deadline_s = self.timing.deadline_s(size)
        status, _, _ = self._request(what, get, deadline_s, lambda: cancelled.append(True))
        if status != 200:
            raise AmbiguousResponse(f"GitHub answered {what} with status {status}, expected 200")

    def _page(self, path: str, page: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        headers, found = self._read(path, {"per_page": PER_PAGE, "page": page})
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            raise AmbiguousResponse(f"GitHub's response to GET {path} is not a list")
        return headers, found

    def _read(self, path: str, parameters: dict[str, Any] | None) -> tuple[dict[str, Any], Any]:
        for attempt in range(self.timing.attempts - 1):
            try:
                return self._document("GET", path, parameters, None, 200)
            except RequestTimedOut:
                raise
            except AmbiguousResponse:
                self.timing.before_retry(attempt)
        return self._document("GET", path, parameters, None, 200)

    def _document(
        self,
        verb: str,
        path: str,
        parameters: dict[str, Any] | None,
        body: dict[str, Any] | None,
        expected: int,
    ) -> tuple[dict[str, Any], Any]:
        what = f"{verb} {path}"

        def request() -> Response:
            return self._requester.requestJson(verb, path, parameters, None, body)

        status, headers, text = self._request(
            what, request, self.timing.response_deadline_s, lambda: None, writes=verb != "GET"
        )
        if status != expected:
            raise AmbiguousResponse(f"GitHub answered {what} with status {status}, expected {expected}")
        return headers, self._parsed(what, text) if text else None

    def _parsed(self, what: str, text: str) -> Any:
        require_few_values(text, what)
        try:
            with parsing(len(text), what):
                return json.loads(text)
        except (ValueError, RecursionError):
            raise AmbiguousResponse(f"GitHub's response to {what} is not JSON") from None

    def _request(
        self,
        what: str,
        request: Callable[[], Response],
        deadline_s: float,
        cancel: Callable[[], None],
        *,
        writes: bool = False,
    ) -> Response:
        """A response below 400, after the waits that GitHub asks for.

        Raises:
            RequestRejected, AmbiguousResponse: see the classes.
            Conflict: the tag belongs to an immutable release.
        """
        waits = 0
        while True:
            if writes:
                self._rate_limiter.acquire()
            status, headers, text = self._request_once(what, request, deadline_s, cancel)
            if status < 400:
                return status, headers, text
            message, codes, fields = _error_details(text)
            wait_s = requested_wait_s(status, {k: str(v) for k, v in headers.items()}, message, waits)
            if wait_s is None:
                raise self._failure(what, status, message, codes, fields)
            self._count_wait(what, wait_s)
            self.timing.wait(wait_s)
            waits += 1

    def _request_once(
        self, what: str, request: Callable[[], Response], deadline_s: float, cancel: Callable[[], None]
    ) -> Response:
        def abandon() -> None:
            cancel()
            with suppress(Exception):
                self._requester.close()
            self._requester = self._connect()

        try:
            return call_with_deadline(deadline_s, request, abandon)
        except DeadlineExceeded as error:
            raise RequestTimedOut(f"GitHub, {what}: {error.message}", hint=error.hint) from None
        except ObreleaseError:
            raise
        except GithubException as error:
            return error.status or 599, dict(error.headers or {}), json.dumps(error.data)
        except _FAILURES as error:
            if isinstance(error, RequestException) and error.response is not None:
                return (
                    error.response.status_code,
                    {k.lower(): v for k, v in error.response.headers.items()},
                    "",
                )
            raise self._ambiguous(what, error) from None

    def _ambiguous(self, what: str, error: Exception) -> AmbiguousResponse:
        reason = self._redacted(f"{type(error).__name__}: {error}")
        return AmbiguousResponse(f"GitHub, {what}: {reason}", hint="run the same command again")

    def _count_wait(self, what: str, wait_s: float) -> None:
        self._remaining_wait_s -= wait_s
        if self._remaining_wait_s < 0:
            raise RemoteError(
                f"GitHub asks to wait {wait_s:.0f} s before {what}, longer than this run may wait",
                hint="run the same command again later; it continues where it stopped",
            )

    def _failure(
        self, what: str, status: int, message: str, codes: frozenset[str], fields: frozenset[str]
    ) -> ObreleaseError:
        text = f"GitHub answered {what} with status {status}: {self._redacted(message) or 'no reason given'}"
        if status == 422 and "immutable" in message.lower():
            return Conflict(
                text,
                hint="the tag of an immutable release can never be used again: choose a new tag",
            )
        if not 400 <= status < 500 or status == 408:
            return AmbiguousResponse(text, hint="run the same command again")
        return RequestRejected(text, status, codes, fields, hint=rejection_hint(what, status, message))

    def _redacted(self, text: str) -> str:
        shown = text.replace(self._token, "[token]")
        return "".join(c if c.isprintable() else " " for c in shown)[:500]


def _error_details(text: str) -> tuple[str, frozenset[str], frozenset[str]]:
    """Message, codes and fields of GitHub's error document; all empty if it is not one."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return "", frozenset(), frozenset()
    if not isinstance(data, dict):
        return "", frozenset(), frozenset()
    listed = data.get("errors")
    errors = [entry for entry in (listed if isinstance(listed, list) else []) if isinstance(entry, dict)]
    message = " ".join(
        [str(data.get("message") or ""), *(str(e["message"]) for e in errors if "message" in e)]
    )
    codes, fields = (frozenset(str(entry.get(key)) for entry in errors) for key in ("code", "field"))
    return message.strip(), codes, fields


def _checked_token(token: str) -> str:
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            "the GitHub token is empty or has invalid characters",
            hint="set OBRELEASE_TOKEN, GITHUB_TOKEN or GH_TOKEN",
        )
    return token
