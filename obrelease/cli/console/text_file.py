"""Files that a command writes for the user."""

from __future__ import annotations

from pathlib import Path

from obrelease.storage.output_files import write_output
from obrelease.storage.system_errors import storage_errors


def write_text(path: Path, text: str) -> None:
    """Write a file, or replace it.

    Raises:
        StorageError: it cannot be written.
    """
    write_output(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file, or replace it.

    Raises:
        StorageError: it cannot be written.
    """
    write_output(path, data)


def append_text(path: Path, text: str) -> None:
    """Append to a file.

    Raises:
        StorageError: it cannot be written.
    """
    with storage_errors(path, "cannot be written"), path.open("a", encoding="utf-8") as file:
        file.write(text)
