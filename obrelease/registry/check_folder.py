"""An artefact folder, byte by byte: what its envelope says against what lies on the disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.errors import InvalidInput, NotFound, ObreleaseError
from obrelease.models.artefact import ENVELOPE_NAME, Artefact, FileEntry
from obrelease.models.finding import Finding
from obrelease.models.validation import check_document
from obrelease.registry.layout import is_run_folder_name, subfolders
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes, digest_file
from obrelease.storage.system_errors import reason_of

INTEGRITY_RULES: Final = frozenset(
    {"missing", "extra", "symlink", "special", "size", "digest", "unreadable", "place", "lost", "row", "pin"}
)
"""Rules about bytes and files; the others are about what a document says."""


@dataclass(frozen=True, slots=True)
class FolderCheck:
    """What was found in one artefact folder.

    Attributes:
        digest: sha256 of the envelope as stored, None where it cannot be read.
        artefact: the envelope, None where it is not a valid one.
        size_bytes: bytes that were read and hashed.
        problems: every broken rule; empty where the folder is sound.
    """

    folder: Path
    digest: str | None
    artefact: Artefact | None
    size_bytes: int
    problems: tuple[Finding, ...]


def check_folder(folder: Path) -> FolderCheck:
    """Re-read, re-hash and re-validate everything in an artefact folder.

    Document rules are those of `models.validation.examine`; file rules are `missing`, `extra`,
    `symlink`, `special`, `size`, `digest`, `unreadable`, and `histogram` (a histogram must be a
    listed file). Never raises for what lies on the disk.
    """
    path = folder / ENVELOPE_NAME
    if folder.is_symlink():
        return FolderCheck(folder, None, None, 0, (Finding(str(folder), "symlink", "is a symbolic link"),))
    try:
        data = read_bounded(path)
    except ObreleaseError as error:
        return FolderCheck(folder, None, None, 0, (_file_problem(path, error),))
    document, found = check_document(data, str(path))
    problems = list(found)
    size_bytes = len(data)
    artefact = document if isinstance(document, Artefact) else None
    if document is not None and artefact is None:
        problems.append(Finding(str(path), "format", "$.format: is not an artefact"))
    if artefact is not None:
        problems += _histogram_problems(artefact, path)
        problems += _strangers(folder, artefact)
        for entry in artefact.files:
            fault = _file_fault(folder, entry)
            problems += [fault] if fault else []
            size_bytes += 0 if fault else entry.size
    return FolderCheck(folder, digest_bytes(data), artefact, size_bytes, tuple(problems))


def validate_folder(folder: Path) -> tuple[Finding, ...]:
    """The broken rules of one artefact folder; empty where it is sound."""
    return check_folder(folder).problems


def validate_folders(folders: Sequence[Path]) -> list[tuple[Finding, ...]]:
    """The broken rules of each of several artefact folders, in order."""
    return [validate_folder(folder) for folder in folders]


def find_artefacts(tree: Path) -> tuple[Path, ...]:
    """Artefact folders at or below `tree`, sorted: those with an envelope, or named as a digest.

    Hidden folders are left out, symbolic links are not followed, and an artefact's own folders are
    its inspection's business.

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


def _file_problem(path: Path, error: ObreleaseError) -> Finding:
    rule = {NotFound: "missing", InvalidInput: "special"}.get(type(error), "unreadable")
    if path.is_symlink():
        rule = "symlink"
    elif rule == "special" and path.is_file():
        rule = "json"
    return Finding(str(path), rule, error.message.removeprefix(f"{path}: "))


def _histogram_problems(artefact: Artefact, envelope: Path) -> Iterator[Finding]:
    listed = {entry.path for entry in artefact.files}
    for index, histogram in enumerate(artefact.histograms):
        if histogram.path not in listed:
            message = f"$.histograms[{index}].path: {histogram.path!r} is not among the files"
            yield Finding(str(envelope), "histogram", message)


def _file_fault(folder: Path, entry: FileEntry) -> Finding | None:
    """Compare size before content: a file of the wrong size is never read."""
    path = folder / entry.path
    try:
        status = path.lstat()
        if stat.S_ISREG(status.st_mode) and status.st_size != entry.size:
            return Finding(str(path), "size", f"has {status.st_size} bytes, the envelope says {entry.size}")
        digest, _ = digest_file(path)
    except FileNotFoundError:
        return Finding(str(path), "missing", "is listed in the envelope and not there")
    except OSError as error:
        return Finding(str(path), "unreadable", reason_of(error))
    except ObreleaseError as error:
        return _file_problem(path, error)
    if digest != entry.sha256:
        return Finding(str(path), "digest", f"has sha256 {digest}, the envelope says {entry.sha256}")
    return None


def _strangers(folder: Path, artefact: Artefact) -> Iterator[Finding]:
    """Everything in the folder that the envelope does not name, sorted by path."""
    listed = {ENVELOPE_NAME, *(entry.path for entry in artefact.files)}
    needed = {parent.as_posix() for path in listed for parent in Path(path).parents}
    pending = [""]
    while pending:
        below = pending.pop()
        try:
            with os.scandir(folder / below) as found:
                items = sorted(found, key=lambda item: item.name)
        except OSError as error:
            yield Finding(str(folder / below), "unreadable", reason_of(error))
            continue
        for item in items:
            relative = f"{below}/{item.name}" if below else item.name
            if item.is_symlink() and relative in needed:
                yield Finding(item.path, "symlink", "is a symbolic link where a folder should be")
            elif item.is_dir(follow_symlinks=False) and relative in needed:
                pending.append(relative)
            elif relative not in listed:
                yield Finding(item.path, "extra", "is not listed in the envelope")
