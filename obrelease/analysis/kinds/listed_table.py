"""The table of a run, read again: its bytes must be those that the envelope lists."""

from __future__ import annotations

from pathlib import Path

from obrelease.errors import IntegrityError
from obrelease.models.artefact import Artefact
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes


def listed_table(artefact: Artefact, folder: Path, name: str) -> bytes | None:
    """The bytes of a file of a run; None if the envelope does not list it.

    Raises:
        IntegrityError: the file is not the one that the envelope lists.
        NotFound, StorageError: it cannot be read.
    """
    listed = next((file.sha256 for file in artefact.files if file.path == name), None)
    if listed is None:
        return None
    table = read_bounded(folder / name)
    if digest_bytes(table) != listed:
        raise IntegrityError(f"{folder / name}: is not the file that the envelope lists")
    return table
