"""Writes the packed files into a folder of the user, which appears complete or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

from obrelease.errors import Conflict
from obrelease.release.publish.staged_release import PackedRelease
from obrelease.storage.durable import make_folders, sync_folder, write_file
from obrelease.storage.hashing import digest_file
from obrelease.storage.remove_tree import try_to_remove_tree
from obrelease.storage.system_errors import storage_errors


def export_to_folder(packed: PackedRelease, folder: Path) -> None:
    """Copy the files; existing files with the same bytes stay.

    Everything is written to a hidden folder next to the target, which then gets its name by one
    rename. Such folders of killed processes are removed first.

    Raises:
        Conflict: the folder has other files.
        StorageError: the disk refused.
    """
    with storage_errors(folder):
        _require_no_other_files(packed, folder)
        make_folders(folder.parent)
        hidden = f".{folder.name}.incoming-"
        for left in folder.parent.glob(f"{hidden}*"):
            try_to_remove_tree(left)
        staging = Path(tempfile.mkdtemp(prefix=hidden, dir=folder.parent))
        try:
            _write_files(packed, staging)
            _move_into_place(staging, folder)
        finally:
            try_to_remove_tree(staging)


def _require_no_other_files(packed: PackedRelease, folder: Path) -> None:
    wanted = {asset.facts.name: asset.facts.sha256 for asset in packed.assets}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name not in wanted or digest_file(path)[0] != wanted[path.name]:
            raise Conflict(
                f"{path}: exists already and is not part of this release", hint="choose an empty folder"
            )


def _write_files(packed: PackedRelease, staging: Path) -> None:
    staging.chmod(0o755)
    for asset in packed.assets:
        write_file(staging / asset.facts.name, asset.file)
    sync_folder(staging)


def _move_into_place(staging: Path, folder: Path) -> None:
    """One rename if the folder does not exist; else file by file, each one complete."""
    if folder.is_dir():
        for path in sorted(staging.iterdir()):
            if not (folder / path.name).exists():
                (folder / path.name).hardlink_to(path)
        sync_folder(folder)
    else:
        staging.rename(folder)
    sync_folder(folder.parent)
