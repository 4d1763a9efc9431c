"""Streams an asset's bytes: PyGithub would read the whole file into memory.

GitHub redirects to a storage host. The token is sent to the API alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from requests import HTTPError

from obrelease.remote.http_download import get_following_redirects, new_session
from obrelease.storage.files import CHUNK_BYTES


@contextmanager
def asset_chunks(api: str, path: str, token: str, read_timeout_s: float) -> Iterator[Iterator[bytes]]:
    """The bytes of an asset in chunks; its Content-Length is enforced.

    Args:
        api: base address of the API; a redirect must keep its scheme, so https stays https.
        path: the asset's path below `api`.
        token: sent with the first request only.
        read_timeout_s: longest wait for the next byte; an overall deadline is up to the caller.

    Raises:
        requests.RequestException: refused, broken off, or redirected too often or to another scheme.
    """
    with (
        new_session() as session,
        get_following_redirects(
            session,
            api + path,
            headers={"Accept": "application/octet-stream"},
            credentials={"Authorization": f"token {token}"},
            read_timeout_s=read_timeout_s,
        ) as response,
    ):
        if response.status_code != 200:
            raise HTTPError(f"status {response.status_code}", response=response)
        yield response.iter_content(CHUNK_BYTES)
