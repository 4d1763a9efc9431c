"""Downloads over HTTPS: limited in size and time, without credentials in any redirect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import requests

from obrelease.errors import Conflict, RemoteError
from obrelease.remote.plain_addresses import checked_address
from obrelease.remote.timeout import call_with_deadline
from obrelease.storage.files import CHUNK_BYTES
from obrelease.storage.limits import Resource, charge
from obrelease.storage.progress import Advance
from obrelease.storage.system_errors import storage_errors

_HEADERS: Final = {"User-Agent": "obrelease", "Accept-Encoding": "identity"}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NOT_FOUND: Final = frozenset({404, 410})
_MAX_REDIRECTS: Final = 4
_READ_TIMEOUT_S: Final = 30
_HINT: Final = "check the address and the network, then try again"
_BASE_DEADLINE_S: Final = 60
_MIN_BYTES_PER_S: Final = 32 * 1024


class RedirectRefused(requests.RequestException):
    """A redirect leads to another scheme, or there are too many."""


def download_to_file(address: str, target: Path, limit: int, advance: Advance) -> bool:
    """Download to a new file; return False if the server has nothing at the address.

    Args:
        limit: the largest size in bytes.

    Raises:
        RemoteError: refused, broken off, too large, too slow, or redirected from https.
        Conflict: `target` exists.
        StorageError: it cannot be written.
    """
    session = new_session()
    deadline_s = _BASE_DEADLINE_S + limit / _MIN_BYTES_PER_S
    try:
        return call_with_deadline(
            deadline_s, lambda: _download(session, address, target, limit, advance), session.close
        )
    except RedirectRefused as error:
        raise RemoteError(f"{address[:200]!a}: {error}") from error
    except requests.RequestException as error:
        raise RemoteError(f"{address}: cannot be read: {type(error).__name__}", hint=_HINT) from error
    finally:
        session.close()


def new_session() -> requests.Session:
    """A session that never reads credentials from `~/.netrc`."""
    session = requests.Session()
    session.auth = _no_credentials
    return session


def get_following_redirects(
    session: requests.Session,
    address: str,
    *,
    headers: Mapping[str, str] | None = None,
    credentials: Mapping[str, str] | None = None,
    read_timeout_s: float = _READ_TIMEOUT_S,
) -> requests.Response:
    """GET an address and follow at most four redirects, all with the scheme of the first request.

    Args:
        headers: sent with every request.
        credentials: headers of the first request only; a redirect may lead to another host.
        read_timeout_s: longest wait for the next byte; an overall deadline is up to the caller.

    Raises:
        requests.RequestException: the request failed, or a redirect was refused.
    """
    scheme, secret = urlsplit(address).scheme, dict(credentials or {})
    for _ in range(_MAX_REDIRECTS + 1):
        response = session.get(
            address,
            headers={**_HEADERS, **(headers or {}), **secret},
            timeout=read_timeout_s,
            allow_redirects=False,
            stream=True,
        )
        if response.status_code not in _REDIRECTS or "Location" not in response.headers:
            return response
        address, secret = urljoin(address, response.headers["Location"]), {}
        response.close()
        if urlsplit(address).scheme != scheme:
            raise RedirectRefused("a redirect changes the scheme")
    raise RedirectRefused("too many redirects")


def _download(session: requests.Session, address: str, target: Path, limit: int, advance: Advance) -> bool:
    with get_following_redirects(session, checked_address(address)) as response:
        if response.status_code in _NOT_FOUND:
            return False
        if response.status_code != 200:
            raise RemoteError(f"{address}: the server answered with status {response.status_code}")
        chunks = _received(response, address, limit, advance)
        with storage_errors(target):
            try:
                with target.open("xb") as sink:
                    sink.writelines(chunks)
            except FileExistsError as error:
                raise Conflict(f"{target}: exists already") from error
    return True


def _received(response: requests.Response, address: str, limit: int, advance: Advance) -> Iterator[bytes]:
    """The body in chunks. A connection error is an `OSError`: it must not look like a disk error."""
    received = 0
    try:
        for chunk in response.iter_content(CHUNK_BYTES):
            received += len(chunk)
            charge(Resource.DOWNLOADED, len(chunk), address)
            if received > limit:
                raise RemoteError(f"{address}: is larger than the {limit} bytes that are allowed")
            yield chunk
            advance(len(chunk))
    except requests.RequestException as error:
        raise RemoteError(f"{address}: cannot be read: {type(error).__name__}", hint=_HINT) from error


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authentication that adds nothing; without one, `requests` would read ~/.netrc."""
    return request
