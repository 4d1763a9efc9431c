"""The upload of one blob: in one piece if it is small, else in chunks that a later command continues.

Source: OCI distribution specification 1.1, "Pushing blobs".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Protocol
from urllib.parse import urljoin, urlsplit

from obrelease.errors import RemoteError
from obrelease.remote.oci.transport import Answer, NoClearAnswer, RegistryRejected, Request, Transport
from obrelease.remote.plain_addresses import is_same_origin

CHUNK_BYTES: Final = 8 * 2**20
"""Larger blobs are sent in chunks of this size."""

_OCTETS: Final = {"Content-Type": "application/octet-stream"}
_RANGE: Final = re.compile(r"(?:bytes=)?0-([0-9]{1,16})")
_NEVER_SEEN: Final = frozenset({400, 404, 416})
"""Statuses of an upload that the registry does not know, or not at this offset."""

ReadAt = Callable[[int, int], bytes]
"""Returns so many bytes of the blob from an offset."""


class UploadNotes(Protocol):
    """Where the location of an unfinished upload is kept for a later command."""

    def location(self, place: str, sha256: str) -> str | None:
        """The location that was kept, or None."""
        ...

    def keep(self, place: str, sha256: str, location: str | None) -> None:
        """Keep a location; None forgets it."""
        ...


class BlobUpload:
    """One blob to send.

    Args:
        base: the address of the repository.
        read: reads the blob.
        advance: is called with the number of bytes that the registry has confirmed.
    """

    def __init__(
        self,
        transport: Transport,
        base: str,
        sha256: str,
        size: int,
        read: ReadAt,
        *,
        notes: UploadNotes,
        advance: Callable[[int], None],
    ) -> None:
        self._transport, self._base = transport, base
        self._sha256, self._size, self._read = sha256, size, read
        self._notes, self._advance = notes, advance
        self._reported = 0
        self._what = f"blob sha256:{sha256}: upload"

    def send(self) -> None:
        """Send the blob; when this returns, the registry has confirmed its digest.

        Raises:
            RemoteError: as `Transport.send`, or the registry wants the bytes sent to another host.
        """
        for attempt in range(self._transport.timing.attempts):
            try:
                self._send_once()
            except RegistryRejected as error:
                if error.status not in _NEVER_SEEN or attempt + 1 == self._transport.timing.attempts:
                    raise
                self._forget()
                self._transport.timing.before_retry(attempt)
            else:
                self._forget()
                self._report(self._size)
                return

    def _send_once(self) -> None:
        if self._size <= CHUNK_BYTES:
            self._finish(self._start(), self._read(0, self._size))
            return
        location, offset = self._continued() or (self._start(), 0)
        failures = 0
        while self._size - offset > CHUNK_BYTES:
            chunk = self._read(offset, CHUNK_BYTES)
            try:
                answer = self._patch(location, offset, chunk)
                location, offset = self._location(answer), offset + len(chunk)
                failures = 0
            except NoClearAnswer:
                failures += 1
                if failures >= self._transport.timing.attempts:
                    raise
                self._transport.timing.before_retry(failures - 1)
                location, offset = self._state(location) or (self._start(), 0)
            self._notes.keep(str(self._transport.place), self._sha256, location)
            self._report(offset)
        self._finish(location, self._read(offset, self._size - offset))

    def _start(self) -> str:
        request = Request("POST", f"{self._base}/blobs/uploads/", self._what, {"Content-Length": "0"})
        answer = self._transport.send(request)
        if answer.status != 202:
            raise RemoteError(f"{self._transport.place}: {self._what}: status {answer.status}, expected 202")
        return self._location(answer)

    def _patch(self, location: str, offset: int, chunk: bytes) -> Answer:
        headers = {**_OCTETS, "Content-Range": f"{offset}-{offset + len(chunk) - 1}"}
        request = Request("PATCH", location, self._what, headers, chunk, attempts=1)
        return self._transport.send(request)

    def _finish(self, location: str, rest: bytes) -> None:
        """Send the last bytes with the digest, which the registry checks.

        Without a clear answer the upload may be complete: the repeated request is then refused, and a look
        at the blob decides.
        """
        separator = "&" if urlsplit(location).query else "?"
        url = f"{location}{separator}digest=sha256:{self._sha256}"
        headers = {**_OCTETS, "Content-Length": str(len(rest))}
        try:
            answer = self._transport.send(Request("PUT", url, self._what, headers, rest, attempts=1))
        except (NoClearAnswer, RegistryRejected) as error:
            if isinstance(error, RegistryRejected) and error.status not in _NEVER_SEEN:
                raise
            if self._exists():
                return
            raise RegistryRejected(error.message, 404, "", hint=error.hint) from None
        if answer.status != 201:
            raise RemoteError(f"{self._transport.place}: {self._what}: status {answer.status}, expected 201")

    def _exists(self) -> bool:
        url = f"{self._base}/blobs/sha256:{self._sha256}"
        request = Request("HEAD", url, self._what, accepted=frozenset({404}))
        return self._transport.send(request).status == 200

    def _continued(self) -> tuple[str, int] | None:
        kept = self._notes.location(str(self._transport.place), self._sha256)
        return self._state(kept) if kept and is_same_origin(_without_query(kept), self._base) else None

    def _state(self, location: str) -> tuple[str, int] | None:
        """Where an unfinished upload continues; None if the registry does not know it."""
        request = Request("GET", location, self._what, accepted=frozenset({400, 404, 405, 416}))
        answer = self._transport.send(request)
        match = _RANGE.fullmatch(answer.headers.get("range", ""))
        if answer.status not in {202, 204} or match is None:
            return None
        last = int(match[1])
        offset = last + 1 if last else 0  # `0-0` is what registries say of an empty upload
        return (self._location(answer, location), offset) if offset < self._size else None

    def _location(self, answer: Answer, default: str = "") -> str:
        """The location of the upload, which must be on the registry's own host."""
        url = urljoin(answer.url, answer.headers.get("location", default))
        if not answer.headers.get("location", default) or not is_same_origin(_without_query(url), self._base):
            raise RemoteError(
                f"{self._transport.place}: {self._what}: the registry names another host to send bytes to",
                hint="nothing was sent there",
            )
        return url

    def _forget(self) -> None:
        if self._size > CHUNK_BYTES:
            self._notes.keep(str(self._transport.place), self._sha256, None)

    def _report(self, offset: int) -> None:
        if offset > self._reported:
            self._advance(offset - self._reported)
            self._reported = offset


def _without_query(url: str) -> str:
    return url.partition("?")[0].partition("#")[0]
