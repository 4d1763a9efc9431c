"""A file behind an address, for those who have no account anywhere: bounded, by https, without a token."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import requests

from obrelease.errors import Conflict, RemoteError, StorageError, UsageError
from obrelease.remote.forge.timeout import within
from obrelease.storage.files import CHUNK_BYTES
from obrelease.storage.progress import Advance

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_ABSENT: Final = frozenset({404, 410})
_MAX_REDIRECTS: Final = 4
_SILENCE_S: Final = 30
_BASE_DEADLINE_S: Final = 60
_SLOWEST_BYTES_PER_S: Final = 32 * 1024


def checked_address(address: str) -> str:
    """An address that may be read: https, or http on this machine; no user, query or fragment.

    Raises:
        UsageError: it is another one.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{address[:200]!a} is not an address: {error}") from error
    plain = address.isascii() and address.isprintable() and " " not in address and "\\" not in address
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    if not plain or not safe or not host or "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(
            f"{address[:200]!a} is not an address to read a release from",
            hint="give an https address without a user, a query or a fragment",
        )
    return address


def read_to_file(address: str, target: Path, limit: int, advance: Advance) -> bool:
    """Write what is behind an address to a new file; False where nothing is there.

    Args:
        limit: the most bytes that are taken.

    Raises:
        RemoteError: refused, broken off, too large, too slow, or led elsewhere than to https.
        Conflict: `target` is there already.
        StorageError: it cannot be written.
    """
    session = requests.Session()
    session.auth = _no_netrc
    deadline_s = _BASE_DEADLINE_S + limit / _SLOWEST_BYTES_PER_S
    try:
        return within(deadline_s, lambda: _read(session, address, target, limit, advance), session.close)
    except requests.RequestException as error:
        raise RemoteError(f"{address}: cannot be read: {type(error).__name__}") from error
    except FileExistsError as error:
        raise Conflict(f"{target}: is there already") from error
    except OSError as error:
        raise StorageError(f"{target}: cannot be written: {error.strerror or error}") from error
    finally:
        session.close()


def _read(session: requests.Session, address: str, target: Path, limit: int, advance: Advance) -> bool:
    with _followed(session, checked_address(address)) as response:
        if response.status_code in _ABSENT:
            return False
        if response.status_code != 200:
            raise RemoteError(f"{address}: answered with status {response.status_code}")
        taken = 0
        with target.open("xb") as sink:
            for block in response.iter_content(CHUNK_BYTES):
                taken += len(block)
                if taken > limit:
                    raise RemoteError(f"{address}: is larger than the {limit} bytes that it may have")
                sink.write(block)
                advance(len(block))
    return True


def _followed(session: requests.Session, address: str) -> requests.Response:
    """The answer behind at most four redirects, none of which may leave https."""
    headers = {"User-Agent": "obrelease", "Accept-Encoding": "identity"}
    scheme = urlsplit(address).scheme
    for _ in range(_MAX_REDIRECTS + 1):
        response = session.get(
            address, headers=headers, timeout=_SILENCE_S, allow_redirects=False, stream=True
        )
        if response.status_code not in _REDIRECTS or "Location" not in response.headers:
            return response
        address = urljoin(address, response.headers["Location"])
        response.close()
        if urlsplit(address).scheme != scheme:
            raise RemoteError(f"{address[:200]!a}: a redirect changes the scheme")
    raise RemoteError(f"{address[:200]!a}: too many redirects")


def _no_netrc(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authentication that does nothing: without one, `requests` would look into ~/.netrc."""
    return request
