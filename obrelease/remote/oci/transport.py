"""Single requests to one repository of a registry, with deadlines, retries, waits and redirects.

Every request here may be sent twice: content is addressed by digest, so a repeated write writes the same.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Final
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from obrelease.errors import ObreleaseError, RemoteError
from obrelease.remote.http_download import new_session
from obrelease.remote.oci.authorization import Authorization
from obrelease.remote.oci.credential_sources import CredentialSources
from obrelease.remote.oci.descriptor import MAX_DOCUMENT_BYTES, parse_document
from obrelease.remote.oci.place import Place
from obrelease.remote.oci.timing import OciTiming, requested_wait_s
from obrelease.remote.plain_addresses import host_of, is_https_or_loopback, is_same_origin
from obrelease.remote.timeout import DeadlineExceeded, call_with_deadline
from obrelease.storage.files import CHUNK_BYTES
from obrelease.storage.limits import Resource, charge

_FAILURES: Final = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS: Final = 4
_CODE: Final = re.compile(r"[A-Z][A-Z_]{2,40}")
_HINT: Final = "run the same command again; it continues where it stopped"
_NO_COOKIES: Final = DefaultCookiePolicy(allowed_domains=[])


class RegistryRejected(RemoteError):
    """The registry refused a request; nothing was changed.

    Attributes:
        status: the HTTP status, from 400 to 499.
        code: the code of the first error in the answer, such as `MANIFEST_UNKNOWN`; empty for none.
    """

    def __init__(self, message: str, status: int, code: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code


class NoClearAnswer(RemoteError):
    """The registry could not be reached, failed, or broke off, several times."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response with its body; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Attributes:
        what: the step, for messages.
        accepted: statuses that are returned besides those below 400.
        limit: the largest body of the answer in bytes.
        sink: receives the body of an answer with status 200 or 206, with that status, in place of `Answer`.
        attempts: how often it is sent without a clear answer; None for what the timing says.
    """

    verb: str
    url: str
    what: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    accepted: frozenset[int] = frozenset()
    limit: int = MAX_DOCUMENT_BYTES
    sink: Callable[[int, bytes], None] | None = None
    attempts: int | None = None


class Transport:
    """Requests about one repository; it may be used by several threads.

    Args:
        writes: ask for permission to push.
        connections: how many requests are sent at the same time.
    """

    def __init__(
        self,
        place: Place,
        sources: CredentialSources,
        *,
        writes: bool,
        timing: OciTiming,
        connections: int = 8,
    ) -> None:
        self.place = place
        self.timing = timing
        self._authorization = Authorization(place, sources, writes=writes, ask=self._ask_token)
        self._session = _session(place.origin, connections)
        self._wait_left_s = timing.max_total_wait_s
        self._lock = threading.Lock()
        self._closed = False
        self.sent = 0

    def close(self) -> None:
        """End: later requests are refused."""
        self._closed = True
        self._session.close()

    def send(self, request: Request) -> Answer:
        """Send a request until it has a clear answer, as often and as late as the timing allows.

        Raises:
            RegistryRejected: a status from 400 to 499 that is not accepted.
            NoClearAnswer: no answer, or a status of 500 or more.
            RemoteError: the registry asks to wait too long, or redirects to where it must not.
            InvalidInput: the budget for downloads is used up.
        """
        try:
            return self._send(request)
        except ObreleaseError as error:  # a registry may echo a credential in the name of a host
            error.message = self._authorization.redacted(error.message)
            error.hint = error.hint and self._authorization.redacted(error.hint)
            error.args = (error.message,)
            raise

    def _send(self, request: Request) -> Answer:
        attempt = waits = renewals = 0
        while True:
            used = self._authorization.header
            try:
                answer = self._followed(request, used)
            except NoClearAnswer:
                attempt += 1
                if attempt >= (request.attempts or self.timing.attempts):
                    raise
                self.timing.before_retry(attempt - 1)
                continue
            if answer.status < 400 or answer.status in request.accepted:
                return answer
            challenge = answer.headers.get("www-authenticate", "")
            if answer.status == 401 and renewals < 2 and self._authorization.renew(used, challenge):
                renewals += 1
                continue
            wait_s = requested_wait_s(answer.status, answer.headers, waits)
            if wait_s is not None:
                self._count_wait(request.what, wait_s)
                self.timing.wait(wait_s)
                waits += 1
                continue
            error = self._failure(request, answer)
            attempt += 1
            if not isinstance(error, NoClearAnswer) or attempt >= (request.attempts or self.timing.attempts):
                raise error
            self.timing.before_retry(attempt - 1)

    def _followed(self, request: Request, authorization: str) -> Answer:
        """The answer after redirects; credentials are sent to the registry's own origin alone."""
        url = request.url
        for _ in range(_MAX_REDIRECTS + 1):
            own = is_same_origin(urljoin(url, "/"), f"{self.place.origin}/")
            secret = {"Authorization": authorization} if authorization and own else {}
            answer = self._once(request, url, {**request.headers, **secret})
            target = answer.headers.get("location")
            if request.verb not in {"GET", "HEAD"} or answer.status not in _REDIRECTS or target is None:
                return answer
            url = self._checked_redirect(request.what, urljoin(url, target))
        raise RemoteError(f"{self.place}: {request.what}: too many redirects")

    def _checked_redirect(self, what: str, url: str) -> str:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            host = None
        local = self.place.scheme == "http"
        fits = host is not None and "@" not in parts.netloc and is_https_or_loopback(parts)
        if not fits or (parts.scheme == "http" and not local):
            raise RemoteError(
                f"{self.place}: {what}: a redirect leads to {host_of(urljoin(url, '/'))}, not by https",
                hint="nothing was read from there",
            )
        return url

    def _once(self, request: Request, url: str, headers: Mapping[str, str]) -> Answer:
        if self._closed:
            raise RemoteError(f"{self.place}: {request.what}: was cancelled")
        cancelled: list[bool] = []
        size = len(request.body or b"") + (request.limit if request.verb != "HEAD" else 0)

        def exchange() -> Answer:
            return self._exchange(request, url, headers, cancelled)

        self.sent += 1
        try:
            return call_with_deadline(self.timing.deadline_s(size), exchange, lambda: cancelled.append(True))
        except DeadlineExceeded as error:
            raise NoClearAnswer(f"{self.place}: {request.what}: {error.message}", hint=_HINT) from None
        except ObreleaseError:
            raise
        except _FAILURES as error:
            raise NoClearAnswer(f"{self.place}: {request.what}: {type(error).__name__}", hint=_HINT) from None

    def _exchange(
        self, request: Request, url: str, headers: Mapping[str, str], cancelled: list[bool]
    ) -> Answer:
        sent = {"User-Agent": "obrelease", "Accept-Encoding": "identity", **headers}
        with self._session.request(
            request.verb,
            url,
            headers=sent,
            data=request.body,
            timeout=self.timing.response_deadline_s,
            allow_redirects=False,
            stream=True,
        ) as response:
            found = {name.lower(): value for name, value in response.headers.items()}
            takes = request.sink is not None and response.status_code in {200, 206}
            limit = request.limit if takes or response.status_code < 400 else CHUNK_BYTES
            body, received = bytearray(), 0
            while request.verb != "HEAD" and (chunk := response.raw.read(CHUNK_BYTES, decode_content=False)):
                received += len(chunk)
                charge(Resource.DOWNLOADED, len(chunk), f"{self.place}: {request.what}")
                if received > limit:
                    raise RemoteError(
                        f"{self.place}: {request.what}: sent more than the {limit:,} bytes that are expected"
                    )
                if cancelled or self._closed:
                    raise RemoteError(f"{self.place}: {request.what}: was cancelled")
                if takes and request.sink is not None:
                    request.sink(response.status_code, chunk)
                else:
                    body += chunk
            return Answer(response.status_code, found, bytes(body), url)

    def _ask_token(self, url: str, headers: Mapping[str, str], form: bytes | None) -> bytes:
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        what = f"token from {host_of(urljoin(url, '/'))}"
        request = Request("POST" if form else "GET", url, what, {**headers, **kind}, form, limit=2**20)
        answer = self._once(request, url, request.headers)
        if answer.status != 200:
            raise RemoteError(
                f"{self.place}: {what}: status {answer.status} with {self._authorization.describe()}",
                hint=f"log in to {self.place.host} again, or check what the credential may do",
            )
        return answer.body

    def _count_wait(self, what: str, wait_s: float) -> None:
        with self._lock:
            self._wait_left_s -= wait_s
            left = self._wait_left_s
        if left < 0:
            raise RemoteError(
                f"{self.place}: {what}: the registry asks to wait {wait_s:.0f} s, longer than this command"
                " may wait",
                hint="run the same command again later; it continues where it stopped",
            )

    def _failure(self, request: Request, answer: Answer) -> RegistryRejected | NoClearAnswer:
        """The error of an answer; of its body, only the code is shown, which can carry no credential."""
        code = ""
        with suppress(RemoteError, AttributeError, LookupError, TypeError):
            code = str(parse_document(answer.body, "")["errors"][0]["code"])
        code = code if _CODE.fullmatch(code) else ""
        text = f"{self.place}: {request.what}: status {answer.status}{f' ({code})' if code else ''}"
        if answer.status >= 500 or answer.status == 408:
            return NoClearAnswer(text, hint=_HINT)
        hint = None
        if answer.status in {401, 403}:
            text += f" with {self._authorization.describe()}"
            hint = f"log in to {self.place.host} with docker, podman or skopeo, or check the permissions"
        return RegistryRejected(text, answer.status, code, hint=hint)


def _session(origin: str, connections: int) -> requests.Session:
    """A session without cookies, retries and ~/.netrc; proxies and CAs of the environment are read once."""
    session = new_session()
    session.cookies.set_policy(_NO_COOKIES)
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=connections, max_retries=0))
    found = session.merge_environment_settings(origin, {}, None, None, None)
    session.proxies, session.verify, session.trust_env = found["proxies"], found["verify"], False
    return session
