"""Full check of an artefact folder: every file is compared with the envelope."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from obrelease.models.artefact_format import ENVELOPE_NAME
from obrelease.models.finding import Finding
from obrelease.registry.folder_check import FolderCheck
from obrelease.registry.layout import is_run_folder_name, subfolders
from obrelease.registry.sound_folder import read_sound_folder

INTEGRITY_RULES: Final = frozenset(
    {"missing", "extra", "symlink", "special", "size", "digest", "unreadable", "place", "lost", "row", "pin"}
)
"""Rules about bytes and files; the other rules are about the content of a document."""

LINKED_FOLDER: Final = "is a symbolic link to a folder, so its runs are not read"
"""The message about a kind or a scenario that is a link."""


def check_folder(folder: Path | str, *, pictures: bool = True) -> FolderCheck:
    """Read, hash and validate everything in an artefact folder again.

    Document rules are those of `models.validation.check_document`; file rules are `missing`, `extra`,
    `symlink`, `special`, `size`, `digest`, `unreadable`, `histogram` (a histogram must be a listed
    file), and `picture` (an SVG or PNG must be passive and whole). It never raises an error about the
    folder's content.

    Args:
        pictures: whether the content of pictures is checked, which takes some milliseconds for each.
    """
    place = os.fspath(folder)
    if (sound := read_sound_folder(place, pictures=pictures)) is not None:
        return FolderCheck(place, sound.digest, sound.size_bytes, (), sound)
    from obrelease.registry.folder_rules import check_every_rule  # loads the models

    return check_every_rule(Path(folder), pictures=pictures)


def find_artefacts(tree: Path) -> tuple[Path, ...]:
    """Artefact folders at or below `tree`, sorted: those with an envelope, or named like a digest.

    Hidden folders are left out, symbolic links are not followed, and the folders inside of an artefact
    are not searched.

    Raises:
        OSError: a folder cannot be listed.
    """
    found: list[Path] = []
    pending = [tree]
    while pending:
        folder = pending.pop()
        if (folder / ENVELOPE_NAME).exists() or is_run_folder_name(folder.name):
            found.append(folder)
        else:
            pending += [folder / name for name in subfolders(folder)]
    return tuple(sorted(found))


def linked_below(tree: Path) -> Iterator[Finding]:
    """Symbolic links to folders where `find_artefacts` looks for artefacts; it does not follow them.

    Raises:
        OSError: a folder cannot be listed.
    """
    pending = [tree]
    while pending:
        folder = pending.pop()
        if (folder / ENVELOPE_NAME).exists() or is_run_folder_name(folder.name):
            continue
        with os.scandir(folder) as found:
            items = sorted(
                (item for item in found if not item.name.startswith(".")), key=lambda item: item.name
            )
        for item in items:
            if item.is_dir(follow_symlinks=False):
                pending.append(folder / item.name)
            elif item.is_symlink() and item.is_dir():
                yield Finding(item.path, "symlink", LINKED_FOLDER)
