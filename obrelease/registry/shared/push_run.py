"""Pushing a run: its blobs first, the manifest last, so that nobody sees half a run."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.errors import IntegrityError
from obrelease.models.artefact import ENVELOPE_NAME, FileEntry
from obrelease.registry.entry import Entry
from obrelease.registry.shared.run_manifest import run_manifest
from obrelease.registry.store import Registry
from obrelease.remote.oci.blob_upload import CHUNK_BYTES
from obrelease.remote.oci.repository_client import RepositoryClient
from obrelease.storage.files import open_regular, read_bounded
from obrelease.storage.hashing import digest_bytes, digest_file
from obrelease.storage.progress import Advance
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.workers import map_in_order

LARGE_BYTES: Final = 2**20
LARGE_WORKERS: Final = 4
"""Files of one run of this size or more are sent and received so many at the same time."""

_LOOKED_UP_BYTES: Final = 128 * 1024
"""Larger blobs are looked up before they are sent; for smaller ones that costs more than it saves."""


@dataclass(frozen=True, slots=True)
class PushedRun:
    """What pushing one run did.

    Attributes:
        was_there: the registry had the run completely.
        sent_bytes: of blobs.
        moved_tag: the digest of another manifest that the run's tag led to; None in general.
    """

    entry: Entry
    was_there: bool
    sent_bytes: int = 0
    moved_tag: str | None = None


class RunPusher:
    """Pushes runs of one registry; it may be used by several threads.

    Args:
        advance: is called with the bytes of each blob that the registry has confirmed.
    """

    def __init__(self, store: Registry, client: RepositoryClient, advance: Advance) -> None:
        self._store, self._client, self._advance = store, client, advance
        self._confirmed: set[str] = set()
        self._lock = threading.Lock()

    def push(self, entry: Entry) -> PushedRun:
        """Push one run; a run that is there costs one request.

        Raises:
            IntegrityError: a file of the run does not have its digest; the run is not pushed.
            RemoteError: the registry failed or refused.
            NotFound, StorageError: the run cannot be read.
        """
        artefact = self._store.load(entry)
        envelope_bytes = entry.size_bytes - sum(file.size for file in artefact.files)
        data = run_manifest(artefact, entry.digest, envelope_bytes).to_bytes()
        stated, own = self._client.manifest_digest(entry.digest), digest_bytes(data)
        if stated == own:
            return PushedRun(entry, was_there=True)
        sent = sum(self._push_files(entry, artefact.files))
        sent += self._push_blob(entry.folder / ENVELOPE_NAME, entry.digest, envelope_bytes)
        self._client.push_manifest(entry.digest, data)
        return PushedRun(entry, was_there=False, sent_bytes=sent, moved_tag=stated or None)

    def _push_files(self, entry: Entry, files: Sequence[FileEntry]) -> Iterator[int]:
        """Send the files of a run, large ones at the same time; gives the bytes sent for each."""

        def push(file: FileEntry) -> int:
            return self._push_blob(entry.folder / file.path, file.sha256, file.size)

        large = [file for file in files if file.size >= LARGE_BYTES]
        if len(large) > 1:
            yield from map_in_order(push, large, workers=LARGE_WORKERS)
        for file in files:
            yield push(file)

    def _push_blob(self, path: Path, sha256: str, size: int) -> int:
        """Send a file, unless the registry has it; returns the bytes that were sent."""
        with self._lock:
            if sha256 in self._confirmed:
                return 0
        if size >= _LOOKED_UP_BYTES and self._client.has_blob(sha256):
            sent = 0
        else:
            push_file(self._client, path, sha256, size, self._advance)
            sent = size
        with self._lock:
            self._confirmed.add(sha256)
        return sent


def push_file(client: RepositoryClient, path: Path, sha256: str, size: int, advance: Advance) -> None:
    """Send a file as a blob after its digest was checked.

    Raises:
        IntegrityError: it does not have the digest.
        RemoteError: the registry failed or refused.
        NotFound, InvalidInput, StorageError: it cannot be read.
    """
    if size <= CHUNK_BYTES:
        data = read_bounded(path, size)
        _require(path, digest_bytes(data), sha256)
        client.push_bytes(sha256, data)
        advance(size)
        return
    _require(path, digest_file(path)[0], sha256)
    with open_regular(path) as file:
        lock = threading.Lock()

        def read(offset: int, count: int) -> bytes:
            with lock, storage_errors(path, "cannot be read"):
                file.seek(offset, os.SEEK_SET)
                return file.read(count)

        client.push_blob(sha256, size, read, advance=advance)


def _require(path: Path, found: str, sha256: str) -> None:
    if found != sha256:
        raise IntegrityError(
            f"{path}: has sha256 {found}, expected {sha256}; the run was not pushed",
            hint="`obrelease fsck` lists what is damaged",
        )
