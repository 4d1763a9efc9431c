"""An asset's bytes as they arrive. PyGithub reads a download whole into memory; this does not.

GitHub answers with a redirect to a storage host. The token goes to the API alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urljoin, urlsplit

from requests import HTTPError, PreparedRequest, Response, Session
from requests.exceptions import InvalidURL

from obrelease.storage.files import CHUNK_BYTES

_MAX_REDIRECTS: Final = 4
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@contextmanager
def body_of(api: str, path: str, token: str, silence_s: float) -> Iterator[Iterator[bytes]]:
    """The body behind an asset's path, in blocks; its Content-Length is enforced.

    Args:
        api: base address of the API; a redirect must keep its scheme, so https stays https.
        path: of the asset below `api`.
        token: sent with the first request, and with none that a redirect asks for.
        silence_s: longest wait for the next byte; an overall deadline is the caller's.

    Raises:
        requests.RequestException: refused, broken off, or redirected too often or to another scheme.
    """
    with Session() as session:
        session.auth = _no_netrc
        response = _followed(session, api, api + path, token, silence_s)
        with response:
            yield response.iter_content(CHUNK_BYTES)


def _followed(session: Session, api: str, address: str, token: str, silence_s: float) -> Response:
    headers = {"Accept": "application/octet-stream", "User-Agent": "obrelease", "Accept-Encoding": "identity"}
    allowed = {"Authorization": f"token {token}"}
    for _ in range(_MAX_REDIRECTS):
        if urlsplit(address).scheme != urlsplit(api).scheme:
            raise InvalidURL("a redirect changes the scheme")
        response = session.get(
            address, headers=headers | allowed, timeout=silence_s, allow_redirects=False, stream=True
        )
        allowed = {}
        if response.status_code not in _REDIRECTS or "Location" not in response.headers:
            break
        address = urljoin(address, response.headers["Location"])
        response.close()
    if response.status_code != 200:
        response.close()
        raise HTTPError(f"status {response.status_code}", response=response)
    return response


def _no_netrc(request: PreparedRequest) -> PreparedRequest:
    """Authentication that does nothing: without one, `requests` would look into ~/.netrc."""
    return request
