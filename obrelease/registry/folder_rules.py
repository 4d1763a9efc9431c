"""Every rule of an artefact folder, one by one: what is done with a folder that may have a problem."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from obrelease.errors import InvalidInput, NotFound, ObreleaseError
from obrelease.models.archive_paths import run_path_error
from obrelease.models.artefact import ENVELOPE_NAME, Artefact, FileEntry
from obrelease.models.finding import Finding
from obrelease.models.picture_rules import MAX_PICTURE_BYTES, picture_rule
from obrelease.models.validation import check_document
from obrelease.registry.folder_check import FolderCheck
from obrelease.registry.layout import run_location
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes, digest_file
from obrelease.storage.system_errors import reason_of


def check_every_rule(folder: Path, *, pictures: bool) -> FolderCheck:
    """As `check_folder`, rule by rule: what is done with a folder that may have a problem."""
    path = folder / ENVELOPE_NAME
    if folder.is_symlink():
        return FolderCheck(str(folder), None, 0, (Finding(str(folder), "symlink", "is a symbolic link"),))
    try:
        data = read_bounded(path)
    except ObreleaseError as error:
        return FolderCheck(str(folder), None, 0, (_file_problem(path, error),))
    document, found = check_document(data, str(path))
    problems = list(found)
    size_bytes = len(data)
    artefact = document if isinstance(document, Artefact) else None
    if document is not None and artefact is None:
        problems.append(Finding(str(path), "format", "$.format: is not an artefact"))
    if artefact is not None:
        problems += _histogram_problems(artefact, path)
        problems += _path_problems(artefact, digest_bytes(data), path)
        problems += _unlisted_files(folder, artefact)
        for entry in artefact.files:
            finding = _check_file(folder, entry)
            if finding:
                problems.append(finding)
            elif pictures:
                problems += _picture_problems(folder, entry)
            size_bytes += 0 if finding else entry.size
    digest = digest_bytes(data)
    return FolderCheck(str(folder), digest, size_bytes, tuple(problems), artefact)


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


def _path_problems(artefact: Artefact, digest: str, envelope: Path) -> Iterator[Finding]:
    """Names that no release can hold."""
    location = run_location(artefact.kind, artefact.scenario, digest)
    if error := run_path_error(location, ENVELOPE_NAME):
        yield Finding(str(envelope), "path", f"$.scenario: {error}")
        return
    for index, entry in enumerate(artefact.files):
        if error := run_path_error(location, entry.path):
            yield Finding(str(envelope), "path", f"$.files[{index}].path: {entry.path!r}: {error}")


def _check_file(folder: Path, entry: FileEntry) -> Finding | None:
    """Compare the size first: a file of the wrong size is never read."""
    path = folder / entry.path
    try:
        status = path.lstat()
        if stat.S_ISREG(status.st_mode) and status.st_size != entry.size:
            return Finding(str(path), "size", f"has {status.st_size} bytes, the envelope lists {entry.size}")
        digest, _ = digest_file(path)
    except FileNotFoundError:
        return Finding(str(path), "missing", "is listed in the envelope and does not exist")
    except OSError as error:
        return Finding(str(path), "unreadable", reason_of(error))
    except ObreleaseError as error:
        return _file_problem(path, error)
    if digest != entry.sha256:
        return Finding(str(path), "digest", f"has sha256 {digest}, the envelope lists {entry.sha256}")
    return None


def _picture_problems(folder: Path, entry: FileEntry) -> Sequence[Finding]:
    """What a picture must not have; the bytes that are checked are those that were hashed."""
    path, rule = folder / entry.path, picture_rule(entry.path, entry.media_type)
    if rule is None:
        return ()
    if entry.size > MAX_PICTURE_BYTES:
        return (Finding(str(path), "picture", f"larger than {MAX_PICTURE_BYTES} bytes"),)
    try:
        data = read_bounded(path, MAX_PICTURE_BYTES)
    except ObreleaseError as error:
        return (_file_problem(path, error),)
    if digest_bytes(data) != entry.sha256:
        return (Finding(str(path), "digest", "changed while it was read"),)
    return [Finding(str(path), "picture", problem) for problem in rule(data)]


def _unlisted_files(folder: Path, artefact: Artefact) -> Iterator[Finding]:
    """Everything in the folder that the envelope does not list, sorted by path."""
    listed = {ENVELOPE_NAME, *(entry.path for entry in artefact.files)}
    needed = {path[:at] for path in listed for at, letter in enumerate(path) if letter == "/"}
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
                yield Finding(item.path, "symlink", "is a symbolic link, expected a folder")
            elif item.is_dir(follow_symlinks=False) and relative in needed:
                pending.append(relative)
            elif relative not in listed:
                yield Finding(item.path, "extra", "is not listed in the envelope")
