"""One request to GitHub and what became of it. PyGithub lives here alone.

PyGithub's objects fetch again on their own when a field is missing, and its default retry
repeats writes; so its `Requester` is used, with plain documents as the result, and each
request ends in exactly one of three ways: an answer, `Refused` (nothing was done) or
`Ambiguous` (whether it was done is unknown: look before doing anything again).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, BinaryIO, Final, TypeVar, cast
from urllib.parse import urlsplit

from github import Auth, Github, GithubException
from github.Requester import Requester
from requests import RequestException
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from obrelease.errors import Conflict, ObreleaseError, RemoteError, UsageError
from obrelease.remote.forge.timeout import DeadlinePassed, within
from obrelease.remote.github.download import body_of
from obrelease.remote.github.rate_limit import Budget
from obrelease.remote.github.retry import Pace, asked_wait_s
from obrelease.storage.transfer import SourceFile

PER_PAGE: Final = 100
MAX_PAGES: Final = 1000
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
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
Answer = tuple[int, dict[str, Any], str]


class Refused(RemoteError):
    """GitHub said no; nothing was changed.

    Attributes:
        status: the HTTP status, from 400 to 499.
        codes, fields: the `code` and the `field` of each entry in the reply's `errors`.
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


class Ambiguous(RemoteError):
    """No clear answer came back: the request may or may not have been carried out."""


class TimedOut(Ambiguous):
    """The deadline of the whole request passed. It is not tried again in this run."""


class Client:
    """Requests to one GitHub API, with its token, deadlines and waits.

    Nothing is ever repeated here after it may have been carried out, reads excepted.
    Connecting is tried four times, since nothing was sent then. Not safe for two threads.
    """

    def __init__(self, api: str, token: str, pace: Pace) -> None:
        self.pace = pace
        self._api = _checked_api(api)
        self._token = _checked_token(token)
        self._patience_s = pace.patience_s
        self._budget = Budget(pace)
        self._requester = self._connect()

    def _connect(self) -> Requester:
        return Github(
            base_url=self._api,
            auth=Auth.Token(self._token),
            timeout=max(1, int(self.pace.answer_deadline_s)),
            user_agent="obrelease",
            per_page=PER_PAGE,
            retry=Retry(total=3, connect=3, read=0, redirect=0, status=0, other=0, backoff_factor=0.5,
                        status_forcelist=(), allowed_methods=None, raise_on_status=False,
                        respect_retry_after_header=False),
            seconds_between_requests=None,
            seconds_between_writes=self.pace.write_spacing_s or None,
        ).requester  # fmt: skip

    def read(self, path: str, parameters: dict[str, Any] | None = None) -> Any:
        """GET a document, trying again after anything that is not a clear answer."""
        return self._read(path, parameters)[1]

    def read_all(self, path: str) -> list[Any]:
        """GET all pages of a list, each entry once, by its `id`.

        Pages are asked for while one is full or a `Link` header names a next one, so that no
        entry is overlooked; a list that only repeats itself is not taken for a whole one.
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
            if repeats == self.pace.attempts:
                break
        raise RemoteError(f"GitHub's list of {path} does not end", hint="run the same command again")

    def write(self, verb: str, path: str, body: dict[str, Any] | None, status: int) -> Any:
        """POST, PATCH or DELETE once; any status other than `status` is not a success."""
        return self._document(verb, path, None, body, status)[1]

    def send(self, url: str, name: str, source: SourceFile) -> Any:
        """POST a file to an upload address that GitHub gave; the address's host is checked.

        Raises:
            IntegrityError: the file changed; the body was cut before its last bytes.
        """
        url = url.split("{", 1)[0]

        def post() -> Answer:
            source.seek(0)
            headers = {"Content-Type": "application/octet-stream", "Content-Length": str(source.size)}
            _, data = self._requester.requestMemoryBlobAndCheck(
                "POST", url, parameters={"name": name}, headers=headers, file_like=cast("BinaryIO", source)
            )
            return 201, {}, json.dumps(data)

        deadline_s = self.pace.deadline_s(source.size)
        _, _, text = self._answered(f"upload of {name}", post, deadline_s, source.cancel, writes=True)
        return self._parsed(f"upload of {name}", text)

    def receive(self, what: str, path: str, size: int, take: Callable[[Iterator[bytes]], None]) -> None:
        """GET an asset's bytes and hand them to `take`; a redirect is followed without the token."""
        cancelled: list[bool] = []

        def named(stream: Iterator[bytes]) -> Iterator[bytes]:
            while not cancelled:
                # A broken connection is an OSError: named here, or the disk would be blamed for it.
                try:
                    block = next(stream, None)
                except _FAILURES as error:
                    raise self._unclear(what, error) from None
                if block is None:
                    return
                yield block
            raise Ambiguous(f"{what} was given up")

        def get() -> Answer:
            with body_of(self._api, path, self._token, self.pace.answer_deadline_s) as stream:
                take(named(stream))
            return 200, {}, ""

        deadline_s = self.pace.deadline_s(size)
        status, _, _ = self._answered(what, get, deadline_s, lambda: cancelled.append(True))
        if status != 200:
            raise Ambiguous(f"GitHub answered {what} with status {status}, expected 200")

    def _page(self, path: str, page: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        headers, found = self._read(path, {"per_page": PER_PAGE, "page": page})
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            raise Ambiguous(f"GitHub answered GET {path} with something else than a list")
        return headers, found

    def _read(self, path: str, parameters: dict[str, Any] | None) -> tuple[dict[str, Any], Any]:
        for attempt in range(self.pace.attempts - 1):
            try:
                return self._document("GET", path, parameters, None, 200)
            except TimedOut:
                raise
            except Ambiguous:
                self.pace.before_retry(attempt)
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

        def ask() -> Answer:
            return self._requester.requestJson(verb, path, parameters, None, body)

        status, headers, text = self._answered(
            what, ask, self.pace.answer_deadline_s, lambda: None, writes=verb != "GET"
        )
        if status != expected:
            raise Ambiguous(f"GitHub answered {what} with status {status}, expected {expected}")
        return headers, self._parsed(what, text) if text else None

    def _parsed(self, what: str, text: str) -> Any:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise Ambiguous(f"GitHub answered {what} with something that is not JSON") from None

    def _answered(
        self,
        what: str,
        ask: Callable[[], Answer],
        deadline_s: float,
        cancel: Callable[[], None],
        *,
        writes: bool = False,
    ) -> Answer:
        """The answer below 400, after the waits that GitHub asked for; else Refused or Ambiguous."""
        waits = 0
        while True:
            if writes:
                self._budget.spend()
            status, headers, text = self._asked(what, ask, deadline_s, cancel)
            if status < 400:
                return status, headers, text
            message, codes, fields = _complaint(text)
            wait_s = asked_wait_s(status, {k: str(v) for k, v in headers.items()}, message, waits)
            if wait_s is None:
                raise self._failure(what, status, message, codes, fields)
            self._spend(what, wait_s)
            self.pace.wait(wait_s)
            waits += 1

    def _asked(
        self, what: str, ask: Callable[[], Answer], deadline_s: float, cancel: Callable[[], None]
    ) -> Answer:
        def abandon() -> None:
            cancel()
            with suppress(Exception):
                self._requester.close()
            self._requester = self._connect()

        try:
            return within(deadline_s, ask, abandon)
        except DeadlinePassed as error:
            raise TimedOut(f"GitHub, {what}: {error.message}", hint=error.hint) from None
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
            raise self._unclear(what, error) from None

    def _unclear(self, what: str, error: Exception) -> Ambiguous:
        reason = self._redacted(f"{type(error).__name__}: {error}")
        return Ambiguous(f"GitHub, {what}: {reason}", hint="run the same command again")

    def _spend(self, what: str, wait_s: float) -> None:
        self._patience_s -= wait_s
        if self._patience_s < 0:
            raise RemoteError(
                f"GitHub asks to wait {wait_s:.0f} s before {what}, longer than this run may wait",
                hint="run the same command again later; it goes on where it stopped",
            )

    def _failure(
        self, what: str, status: int, message: str, codes: frozenset[str], fields: frozenset[str]
    ) -> ObreleaseError:
        text = f"GitHub answered {what} with status {status}: {self._redacted(message) or 'no reason given'}"
        if status == 422 and "immutable" in message.lower():
            return Conflict(
                text,
                hint="an immutable release holds its tag for ever, even once it is deleted: choose a new tag",
            )
        if not 400 <= status < 500 or status == 408:
            return Ambiguous(text, hint="run the same command again")
        return Refused(text, status, codes, fields, hint=_HINTS.get(status))

    def _redacted(self, text: str) -> str:
        shown = text.replace(self._token, "[token]")
        return "".join(c if c.isprintable() else " " for c in shown)[:500]


_HINTS: Final = {
    401: "the token is wrong or has expired",
    403: "the token may not do this; it needs write access to the repository's contents",
    404: "check the repository's name and that the token can see and write to it",
}


def _complaint(text: str) -> tuple[str, frozenset[str], frozenset[str]]:
    """`message`, and codes and fields of `errors`, from GitHub's error document; empty if it is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return "", frozenset(), frozenset()
    if not isinstance(data, dict):
        return "", frozenset(), frozenset()
    listed = data.get("errors")
    errors = [entry for entry in (listed if isinstance(listed, list) else []) if isinstance(entry, dict)]
    said = " ".join([str(data.get("message") or ""), *(str(e["message"]) for e in errors if "message" in e)])
    codes, fields = (frozenset(str(entry.get(key)) for entry in errors) for key in ("code", "field"))
    return said.strip(), codes, fields


def _checked_token(token: str) -> str:
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            "the GitHub token is empty or has characters that no token has",
            hint="set OBRELEASE_TOKEN, GITHUB_TOKEN or GH_TOKEN",
        )
    return token


def _checked_api(api: str) -> str:
    try:
        parts = urlsplit(api)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise UsageError("the address of the GitHub API is malformed") from None
    if parts.username or parts.password or parts.query or parts.fragment or not host:
        raise UsageError("the address of the GitHub API must be a plain https address without credentials")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise UsageError(
            f"{host}: the GitHub API must be reached by https", hint="the token would travel in clear"
        )
    return api.rstrip("/")
