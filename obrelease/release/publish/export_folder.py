"""Deliver: the packed files into a folder of the user's choice, which appears whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from obrelease.errors import Conflict
from obrelease.release.publish.staged_release import PackedRelease
from obrelease.storage.durable import make_folders, sync_folder, write_file
from obrelease.storage.hashing import digest_file
from obrelease.storage.system_errors import storage_errors


def export_to_folder(packed: PackedRelease, folder: Path) -> None:
    """Copy the files; those that are there already with the same bytes are left alone.

    Everything is written into a hidden folder beside the target, which then gets its name by one
    rename; what a killed run left of such a folder is swept first.

    Raises:
        Conflict: the folder holds something else.
        StorageError: the disk refused.
    """
    with storage_errors(folder):
        _require_ours(packed, folder)
        make_folders(folder.parent)
        hidden = f".{folder.name}.incoming-"
        for left in folder.parent.glob(f"{hidden}*"):
            shutil.rmtree(left, ignore_errors=True)
        staging = Path(tempfile.mkdtemp(prefix=hidden, dir=folder.parent))
        try:
            _fill(packed, staging)
            _take_the_name(staging, folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _require_ours(packed: PackedRelease, folder: Path) -> None:
    wanted = {asset.facts.name: asset.facts.sha256 for asset in packed.assets}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name not in wanted or digest_file(path)[0] != wanted[path.name]:
            raise Conflict(f"{path}: is there already and not of this release", hint="choose an empty folder")


def _fill(packed: PackedRelease, staging: Path) -> None:
    staging.chmod(0o755)
    for asset in packed.assets:
        write_file(staging / asset.facts.name, asset.file)
    sync_folder(staging)


def _take_the_name(staging: Path, folder: Path) -> None:
    """One rename where nothing stands; else file by file, each one whole, next to what is there."""
    if folder.is_dir():
        for path in sorted(staging.iterdir()):
            if not (folder / path.name).exists():
                (folder / path.name).hardlink_to(path)
        sync_folder(folder)
    else:
        staging.rename(folder)
    sync_folder(folder.parent)
