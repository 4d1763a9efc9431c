"""Pulling a run by its digest: every byte is hashed, and no tag, manifest or list is trusted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from obrelease.errors import IntegrityError, NotFound
from obrelease.models.artefact import ENVELOPE_NAME, Artefact, FileEntry
from obrelease.models.validation import read_document
from obrelease.registry.entry import Entry, entry_of
from obrelease.registry.filter import Filter
from obrelease.registry.layout import run_location
from obrelease.registry.shared.push_run import LARGE_BYTES, LARGE_WORKERS
from obrelease.registry.store import Registry
from obrelease.remote.oci.repository_client import RepositoryClient
from obrelease.remote.oci.transport import RegistryRejected
from obrelease.storage.durable import write_file
from obrelease.storage.files import MAX_DOCUMENT_BYTES
from obrelease.storage.progress import Advance
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.workers import map_in_order

_ALL: Final = Filter()


def fetch_envelope(client: RepositoryClient, digest: str) -> tuple[bytes, Artefact]:
    """The envelope of a run as stored, with its digest checked.

    Raises:
        NotFound: the registry does not have it.
        IntegrityError: the registry sent other bytes.
        InvalidInput: the bytes are no valid artefact.
        RemoteError: the registry failed.
    """
    try:
        data = client.read_blob(digest, limit=MAX_DOCUMENT_BYTES)
    except RegistryRejected as error:
        raise _not_found(client, digest, "the run", error) from None
    return data, read_document(data, Artefact, f"{client.where}: run {digest}: {ENVELOPE_NAME}")


def pull_run(
    store: Registry, client: RepositoryClient, digest: str, advance: Advance, where: Filter = _ALL
) -> tuple[Entry, bool]:
    """Record a run of a registry in the results folder; returns its entry, and whether it is new here.

    Args:
        digest: the artefact digest; nothing else is needed.
        advance: is called with the bytes that were received.
        where: what the catalogue says of the run, by which it was chosen.

    Raises:
        NotFound: the registry does not have the run, or not all of its files.
        IntegrityError: the registry sent other bytes, or the run does not pass `where`; nothing was recorded.
        InvalidInput: the run is not a valid artefact.
        RemoteError, StorageError: the registry or the disk failed; nothing was recorded.
    """
    if known := store.find(Filter(digest=digest), limit=1):
        return known[0], False
    data, artefact = fetch_envelope(client, digest)
    location = run_location(artefact.kind, artefact.scenario, digest)
    if not where.accepts(entry_of(artefact, digest, store.root, location, len(data))):
        raise IntegrityError(
            f"{client.where}: run {digest}: is not what the catalogue says: it has not {where}",
            hint="the catalogue was written by someone else; pull the run by its digest if you want it",
        )
    advance(len(data))
    with store.staging() as staging:
        with storage_errors(store.root, "nothing was recorded"):
            for file in artefact.files:
                (staging / file.path).parent.mkdir(parents=True, exist_ok=True)
            write_file(staging / ENVELOPE_NAME, data)
        _fetch_files(client, digest, artefact.files, staging, advance)
        return store.adopt(staging, digest), True


def _fetch_files(
    client: RepositoryClient, digest: str, files: Sequence[FileEntry], folder: Path, advance: Advance
) -> None:
    """Write the files of a run, large ones at the same time."""

    def fetch(file: FileEntry) -> None:
        try:
            fetch_file(client, folder / file.path, file.sha256, file.size, advance)
        except RegistryRejected as error:
            raise _not_found(client, digest, f"its file {file.path}", error) from None

    large = [file for file in files if file.size >= LARGE_BYTES]
    for _ in map_in_order(fetch, large, workers=LARGE_WORKERS):
        pass
    for file in files:
        if file.size < LARGE_BYTES:
            fetch(file)


def fetch_file(client: RepositoryClient, target: Path, sha256: str, size: int, advance: Advance) -> None:
    """Write a blob to a new file and sync it; on failure the file must be thrown away.

    Raises:
        IntegrityError: the registry sent other bytes.
        RemoteError: the registry failed or refused.
        StorageError: the file cannot be written.
    """
    with storage_errors(target), target.open("xb") as file:

        def sink(chunk: bytes) -> None:
            with storage_errors(target):
                file.write(chunk)

        client.fetch_blob(sha256, sink, size=size, advance=advance)
        file.flush()
        os.fsync(file.fileno())


def _not_found(client: RepositoryClient, digest: str, what: str, error: RegistryRejected) -> Exception:
    if error.status != 404:
        return error
    return NotFound(
        f"{client.where}: run {digest}: {what} is not there", hint="`obrelease list --remote` shows the runs"
    )
