"""Deliver: the packed files into a folder of the user's choice."""

from __future__ import annotations

from pathlib import Path

from obrelease.errors import Conflict, StorageError
from obrelease.models.canonical import digest_file
from obrelease.registry.durable import sync_folder, write_file
from obrelease.release.step import Packed


def deliver(packed: Packed, folder: Path) -> None:
    """Copy the files; those that are there already with the same bytes are left alone.

    Raises:
        Conflict: the folder holds something else.
        StorageError: the disk refused.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        wanted = {asset.facts.name: asset for asset in packed.assets}
        for path in sorted(folder.iterdir()):
            asset = wanted.get(path.name)
            if asset is None or digest_file(path)[0] != asset.facts.sha256:
                raise Conflict(
                    f"{path}: is there already and not of this release", hint="choose an empty folder"
                )
            del wanted[path.name]
        for name, asset in wanted.items():
            write_file(folder / name, asset.file)
        sync_folder(folder)
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written: {error.strerror or error}") from error
