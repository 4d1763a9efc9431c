"""The download of one blob: hashed while it is received, continued after a broken connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from obrelease.errors import IntegrityError
from obrelease.remote.oci.transport import NoClearAnswer, Request, Transport
from obrelease.storage.hashing import Hasher
from obrelease.storage.progress import Advance

_PARTIAL: Final = 206
_PROGRESS_BYTES: Final = 2**20
"""With less between two failures, a connection counts as one that does not work."""


class BlobDownload:
    """A blob on its way.

    Args:
        size: the expected size in bytes; None if only a limit is known.
        limit: the largest size.
        sink: receives the bytes in order.
    """

    def __init__(
        self, sha256: str, size: int | None, limit: int, sink: Callable[[bytes], object], advance: Advance
    ) -> None:
        self._sha256, self._size, self._limit = sha256, size, limit
        self._sink, self._advance = sink, advance
        self._hasher = Hasher()
        self._skip = 0

    def receive(self, transport: Transport, base: str) -> None:
        """Receive everything; what is broken off continues where it stopped.

        Raises:
            IntegrityError: the bytes are not those of the digest; all that was written must be thrown away.
            RemoteError: as `Transport.send`.
        """
        where = f"{transport.place}: blob sha256:{self._sha256}"
        failures, before = 0, -1
        while True:
            before = self._hasher.size
            try:
                self._request(transport, base)
                break
            except NoClearAnswer:
                failures = 0 if self._hasher.size - before >= _PROGRESS_BYTES else failures
                failures += 1
                if failures >= transport.timing.attempts:
                    raise
                transport.timing.before_retry(failures - 1)
        if self._hasher.hexdigest() != self._sha256 or self._size not in (None, self._hasher.size):
            raise IntegrityError(
                f"{where}: the registry sent {self._hasher.size:,} other bytes,"
                f" with sha256 {self._hasher.hexdigest()}",
                hint="the registry or something before it is damaged or lies; nothing was kept",
            )

    def _request(self, transport: Transport, base: str) -> None:
        offset = self._hasher.size
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        what = f"blob sha256:{self._sha256}: download"
        started = False

        def take(status: int, chunk: bytes) -> None:
            nonlocal started
            if not started:  # a server may ignore the range and send everything again
                started = True
                self._skip = 0 if status == _PARTIAL else offset
            self._write(chunk)

        limit = (self._limit if self._size is None else self._size) + 1
        transport.send(
            Request(
                "GET",
                f"{base}/blobs/sha256:{self._sha256}",
                what,
                headers,
                limit=limit,
                sink=take,
                attempts=1,
            )
        )

    def _write(self, chunk: bytes) -> None:
        skipped = min(self._skip, len(chunk))
        self._skip -= skipped
        if fresh := chunk[skipped:]:
            self._hasher.update(fresh)
            self._sink(fresh)
            self._advance(len(fresh))
