"""Artefact folders with nothing wrong, recognised by reading each file once and building no model.

What is recognised has nothing that `check_folder` reports; what is not recognised is left to it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from obrelease.errors import ObreleaseError
from obrelease.models.archive_paths import run_path_error
from obrelease.models.artefact_format import ENVELOPE_NAME
from obrelease.models.picture_rules import picture_rule
from obrelease.models.sound_artefact import sound_artefact
from obrelease.registry.layout import run_location
from obrelease.storage.files import open_folder, read_small
from obrelease.storage.hashing import digest_bytes, digest_file


@dataclass(slots=True)
class SoundFolder:
    """What was read in a folder.

    Attributes:
        data, value: the envelope as stored, and as a JSON value.
        digest: sha256 of the envelope.
        size_bytes: of all files.
    """

    data: bytes
    value: dict[str, Any]
    digest: str
    size_bytes: int


def read_sound_folder(place: str, *, pictures: bool) -> SoundFolder | None:
    """A folder in which every file is listed, and is as the envelope lists it; None if that is not certain.

    Args:
        place: the path of the folder.
        pictures: whether the content of pictures must be checked; folders with pictures are left then.
    """
    folder = open_folder(place)
    if folder is None:
        return None
    try:
        data = read_small(ENVELOPE_NAME, folder)
        value = None if data is None else sound_artefact(data)
        if data is None or value is None or not _is_complete(place, folder, value, pictures=pictures):
            return None
    except (OSError, ObreleaseError):
        return None
    finally:
        os.close(folder)
    size_bytes = len(data) + sum([file["size"] for file in value.get("files", ())])
    return SoundFolder(data, value, digest_bytes(data), size_bytes)


def _is_complete(place: str, folder: int, value: dict[str, Any], *, pictures: bool) -> bool:
    """Whether the listed files are there with their digests, and no others.

    Raises:
        OSError, ObreleaseError: a file cannot be read.
    """
    kind, scenario, files = value["kind"], value["scenario"], value.get("files", ())
    listed = {file["path"] for file in files}
    names = {ENVELOPE_NAME, *listed}
    if names != {*os.listdir(folder)}:
        return False
    for name in names:
        if "/" in name or not _fits_into_a_release(kind, scenario, name):
            return False
    for histogram in value.get("histograms", ()):
        if histogram["path"] not in listed:
            return False
    for file in files:
        if pictures and picture_rule(file["path"], file["media_type"]) is not None:
            return False
        if not _is_intact(place, folder, file):
            return False
    return True


@lru_cache(maxsize=4_096)
def _fits_into_a_release(kind: str, scenario: str, path: str) -> bool:
    """The digits of the digest have no influence."""
    return run_path_error(run_location(kind, scenario, "0" * 64), path) is None


def _is_intact(place: str, folder: int, file: dict[str, Any]) -> bool:
    """Whether a file has its size and digest; one of the wrong size is never read."""
    path, size, digest = str(file["path"]), int(file["size"]), str(file["sha256"])
    data = read_small(path, folder)
    if data is not None:
        return len(data) == size and digest_bytes(data) == digest
    if os.stat(path, dir_fd=folder, follow_symlinks=False).st_size != size:
        return False
    return digest_file(Path(place, path)) == (digest, size)
