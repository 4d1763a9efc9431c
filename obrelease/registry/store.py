"""The registry: runs are folders, written once, named by digest, found again by a prefix.

A run is staged in `.staging/`, synced, renamed into place, its place synced, and only then
acknowledged. Nobody changes a file that is in place, so any number of writers need no lock; the index
is the readers' business alone.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from obrelease.errors import Conflict, IntegrityError, InvalidInput, NotFound
from obrelease.models.artefact import ENVELOPE_NAME, Artefact, FileEntry
from obrelease.models.validation import document_bytes, read_document, validation_messages
from obrelease.registry import pins
from obrelease.registry.check_folder import check_folder
from obrelease.registry.entry import Entry, entry_of
from obrelease.registry.filter import Filter
from obrelease.registry.index import query
from obrelease.registry.index.rebuild import rebuild
from obrelease.registry.layout import PREFIX_LENGTHS, STAGING_NAME, run_location
from obrelease.storage.durable import (
    NewFile,
    make_folders,
    reject_symlinks,
    sync_folder,
    sync_tree,
    write_file,
)
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.system_errors import storage_errors

LATEST: Final = "latest"
SHORTEST_PREFIX: Final = 4

_PREFIX: Final = re.compile(rf"[0-9a-f]{{{SHORTEST_PREFIX},64}}")
_NO_DIGEST: Final = "0" * 64
_MOST_CANDIDATES: Final = 10
_TAKEN: Final = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR})


class Registry:
    """The runs below one results folder; holds nothing open between calls."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def record(self, draft: Artefact, files: Sequence[NewFile]) -> Entry:
        """Keep a run: when this returns, it survives a power cut.

        Recording the same bytes again gives the entry that is there.

        Args:
            draft: the envelope without its `files`, which are filled in here.
            files: everything that belongs to the run beside the envelope.

        Raises:
            InvalidInput: the draft lists files, a path is bad or used twice, a histogram is not
                among the files, or a file to copy is not a regular one.
            NotFound: a file to copy is not there.
            IntegrityError: the run is in place already, and damaged.
            StorageError: the disk refused; nothing is left in place.
        """
        _check_draft(draft, files)
        staging = self.root / STAGING_NAME / f"{os.getpid()}-{secrets.token_hex(8)}"
        try:
            with storage_errors(self.root, "nothing was recorded"):
                reject_symlinks(self.root, staging)
                make_folders(staging)
                written = tuple(_write(staging, file) for file in sorted(files, key=lambda file: file.path))
                artefact = _with_files(draft, written)
                data = document_bytes(artefact)
                digest, _ = write_file(staging / ENVELOPE_NAME, data)
                sync_tree(staging)
                location = self._move_into_place(staging, draft, digest)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return entry_of(artefact, digest, self.root, location, len(data))

    def entries(
        self,
        *,
        kind: str | None = None,
        scenario: str | None = None,
        core: str | None = None,
        commit: str | None = None,
        events_digest: str | None = None,
    ) -> tuple[Entry, ...]:
        """The runs, newest first; `commit` and `events_digest` may be beginnings.

        Raises:
            StorageError: the results folder cannot be listed.
        """
        return self.find(
            Filter(kind=kind, scenario=scenario, core=core, commit=commit, events_digest=events_digest)
        )

    def find(self, where: Filter, *, limit: int | None = None) -> tuple[Entry, ...]:
        """The runs that pass a filter, newest first; at most `limit` of them.

        Raises:
            StorageError: the results folder cannot be listed.
        """
        return query.query(self.root, where, limit).entries

    def look(self, where: Filter, *, limit: int | None = None) -> tuple[tuple[Entry, ...], tuple[Path, ...]]:
        """As `find`, and the folders that look like runs and whose envelope cannot be trusted."""
        answer = query.query(self.root, where, limit)
        return answer.entries, tuple(self.root / location for location in answer.unread)

    def resolve(
        self, name: str, *, kind: str | None = None, scenario: str | None = None, core: str | None = None
    ) -> Entry:
        """The one run that a digest, its beginning (4 digits or more), a pin, or `latest` names.

        Raises:
            NotFound: the name is none of them, nothing answers, or several do; then the message lists them.
        """
        where = Filter(kind=kind, scenario=scenario, core=core)
        if name == LATEST:
            found = self.find(where, limit=1)
        elif _PREFIX.fullmatch(prefix := name.lower()):
            found = self.find(replace(where, digest=prefix))
        elif (pinned := pins.read_pin(self.root, name)) is not None:
            found = self.find(replace(where, digest=pinned))
        else:
            raise NotFound(
                f"{name!r} is neither a digest nor a pinned name, so no run answers to it",
                hint=f"give {SHORTEST_PREFIX} to 64 hex digits of a digest, a name from `obrelease pin`,"
                f" or `{LATEST}`",
            )
        if not found:
            raise NotFound(
                f"no run {name!r}{' with ' + str(where) if str(where) else ''} in {self.root}",
                hint="`obrelease list` shows the runs",
            )
        if len({entry.digest for entry in found}) > 1:
            raise NotFound(f"{name!r} is ambiguous: {_candidates(found)}", hint="give more digits")
        return min(found, key=lambda entry: entry.location)

    def pin(self, name: str, entry: Entry, *, move: bool = False) -> None:
        """Give a run a name, which also keeps it from `gc`.

        Raises:
            UsageError: the name is not one that a run can have.
            Conflict: it is another run's, and `move` is not set.
            NotFound: the run went away meanwhile.
            StorageError: the disk refused.
        """
        pins.write_pin(self.root, name, entry.digest, move=move)
        if not entry.folder.is_dir():
            pins.remove_pin(self.root, name)
            raise NotFound(f"{entry.folder}: the run was removed meanwhile")

    def unpin(self, name: str) -> None:
        """Take a name away; the run stays.

        Raises:
            NotFound: no run has it.
            StorageError: the disk refused.
        """
        pins.remove_pin(self.root, name)

    def pins(self) -> dict[str, str]:
        """Artefact digests by their names, sorted by name.

        Raises:
            InvalidInput: a pin is not one.
            StorageError: the disk refused.
        """
        return pins.read_pins(self.root)

    def load(self, entry: Entry) -> Artefact:
        """The envelope of a run, re-hashed and re-validated.

        Raises:
            IntegrityError: the bytes are not those that the entry's digest names.
            NotFound, StorageError: the folder is gone or cannot be read.
            InvalidInput: the bytes are right, and not a valid artefact.
        """
        path = entry.folder / ENVELOPE_NAME
        data = read_bounded(path)
        if (digest := digest_bytes(data)) != entry.digest:
            raise IntegrityError(
                f"{path}: has sha256 {digest}, the registry says {entry.digest}",
                hint="`obrelease fsck` tells what is damaged, `obrelease reindex` mends the index",
            )
        return read_document(data, Artefact, str(path))

    def reindex(self) -> int:
        """Make the index again from the folders alone; returns the number of runs in it.

        Raises:
            StorageError: the results folder cannot be listed, or the index cannot be written.
        """
        return rebuild(self.root) if self.root.is_dir() else 0

    def unreadable(self) -> tuple[Path, ...]:
        """Folders that look like runs and are not listed, because their envelope cannot be trusted."""
        return self.look(Filter(), limit=0)[1]

    def _move_into_place(self, staging: Path, draft: Artefact, digest: str) -> str:
        for length in PREFIX_LENGTHS:
            location = run_location(draft.kind, draft.scenario, digest, length)
            target = self.root / location
            reject_symlinks(self.root, target)
            make_folders(target.parent)
            try:
                staging.rename(target)
            except OSError as error:
                if error.errno not in _TAKEN:
                    raise
                if not _claim(staging, target, digest):
                    continue
            self._sync_place(target)
            return location
        raise Conflict(
            f"{self.root / run_location(draft.kind, draft.scenario, digest)}: every folder name is taken",
            hint="`obrelease fsck` tells by what",
        )

    def _sync_place(self, target: Path) -> None:
        """Sync the whole way up: another writer may have made a folder and not have synced it yet."""
        for folder in (target.parent, target.parent.parent, self.root, self.root.absolute().parent):
            sync_folder(folder)


def _claim(staging: Path, target: Path, digest: str) -> bool:
    """Whether the folder in the way is this very run; then it is made young, so that `gc` leaves it.

    Where `gc` takes it away at this moment, ours goes into its place.
    """
    try:
        os.utime(target)
    except FileNotFoundError:
        staging.rename(target)
        return True
    except PermissionError:
        pass  # another's folder: nobody who may not touch it may remove it either
    return _holds(target, digest)


def _holds(folder: Path, digest: str) -> bool:
    """Whether a folder is this very run; a damaged one must not count as the run kept."""
    found = check_folder(folder)
    if found.digest != digest:
        return False
    if found.problems:
        raise IntegrityError(
            f"the same run is in place and damaged: {found.problems[0]}",
            hint=f"move {folder} away and record again",
        )
    return True


def _check_draft(draft: Artefact, files: Sequence[NewFile]) -> None:
    """Refuse before the first write: a path that leads out of the folder must never be opened."""
    if draft.files:
        raise InvalidInput("a draft lists no files; they are filled in when it is recorded")
    try:
        _with_files(draft, tuple(_file_entry(file, _NO_DIGEST, 0) for file in files))
    except ValidationError as error:
        raise InvalidInput(f"files of the run: {validation_messages(error)[0]}") from error
    given = {file.path for file in files}
    for histogram in draft.histograms:
        if histogram.path not in given:
            raise InvalidInput(f"histogram {histogram.name!r}: {histogram.path!r} is not among the files")


def _with_files(draft: Artefact, entries: tuple[FileEntry, ...]) -> Artefact:
    return Artefact(**{**dict(draft), "files": entries})


def _file_entry(file: NewFile, digest: str, size: int) -> FileEntry:
    return FileEntry(path=file.path, media_type=file.media_type, size=size, sha256=digest)


def _write(staging: Path, file: NewFile) -> FileEntry:
    target = staging / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    return _file_entry(file, *write_file(target, file.content))


def _candidates(found: Sequence[Entry]) -> str:
    named = sorted({f"{entry.digest[:16]} ({entry.kind}/{entry.scenario})" for entry in found})
    more = f" and {len(named) - _MOST_CANDIDATES} more" if len(named) > _MOST_CANDIDATES else ""
    return ", ".join(named[:_MOST_CANDIDATES]) + more
