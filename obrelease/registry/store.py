"""The registry: runs are folders, written once, named by digest, found by a digest prefix.

A run is written to `.staging/`, synced and renamed to its folder; the folders above it are synced, and
only then is it reported as recorded. Files of a recorded run never change, so writers need no lock.
Only readers use and update the index.

Finding runs loads no model: what reads or writes an envelope imports the models itself.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obrelease.errors import Conflict, IntegrityError, InvalidInput, NotFound, ObreleaseError
from obrelease.models.artefact_format import ENVELOPE_NAME
from obrelease.registry import pins
from obrelease.registry.entry import Entry, entry_of, read_envelope
from obrelease.registry.filter import Filter
from obrelease.registry.index import query
from obrelease.registry.layout import PREFIX_LENGTHS, STAGING_NAME, run_location
from obrelease.storage.durable import (
    NewFile,
    make_folders,
    reject_symlinks,
    sync_folder,
    sync_tree,
    write_file,
)
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.system_errors import storage_errors

if TYPE_CHECKING:
    from obrelease.models.artefact import Artefact, FileEntry

LATEST: Final = "latest"
MIN_PREFIX_DIGITS: Final = 4

_PREFIX: Final = re.compile(rf"[0-9a-f]{{{MIN_PREFIX_DIGITS},64}}")
_DAMAGED_HINT: Final = "`obrelease fsck` lists what is damaged, `obrelease reindex` repairs the index"
_ALL: Final = Filter()
_NO_DIGEST: Final = "0" * 64
_MAX_LISTED_MATCHES: Final = 10
_HINT_PATH: Final = "a path has letters, digits, . _ - and /, is relative, and has at most 240 characters"
_EXISTS_ERRORS: Final = frozenset({errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR})


class Registry:
    """The runs below one results folder; holds nothing open between calls."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def record(self, draft: Artefact, files: Sequence[NewFile]) -> Entry:
        """Record a run: when this returns, it survives a power cut.

        Recording the same bytes again returns the existing entry.

        Args:
            draft: the envelope without its `files`, which are filled in here.
            files: all files of the run except the envelope.

        Raises:
            InvalidInput: the draft lists files, a path is bad or used twice, a histogram is not
                among the files, or a file to copy is not a regular file.
            NotFound: a file to copy does not exist.
            IntegrityError: the run is recorded already and damaged.
            StorageError: the operating system refused; nothing was recorded.
        """
        from obrelease.models.validation import document_bytes

        _check_draft(draft, files)
        with self.staging() as staging, storage_errors(self.root, "nothing was recorded"):
            written = tuple(_write(staging, file) for file in sorted(files, key=lambda file: file.path))
            artefact = _with_files(draft, written)
            data = document_bytes(artefact)
            digest, _ = write_file(staging / ENVELOPE_NAME, data)
            sync_tree(staging)
            self._before_commit(artefact, digest)
            location = self._move_to_folder(staging, draft, digest)
        return entry_of(artefact, digest, self.root, location, len(data))

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A new folder for an unfinished run, on the file system of the results; removed at the end.

        Raises:
            StorageError: it cannot be made.
        """
        staging = self._staging_place()
        try:
            with storage_errors(self.root, "nothing was recorded"):
                reject_symlinks(self.root, staging)
                self._make_staging(staging)
            yield staging
        finally:
            from shutil import rmtree

            rmtree(staging, ignore_errors=True)

    def adopt(self, staging: Path, digest: str) -> Entry:
        """Record the run that another machine recorded, as it is: its folder is checked in full and moved.

        Args:
            staging: a folder from `staging` with the envelope and all files, each of them synced.
            digest: the artefact digest that the run must have.

        Raises:
            IntegrityError: a file is missing, has other bytes or is too many, or the digest is another.
            InvalidInput: the envelope is not a valid artefact, or its names are not allowed.
            StorageError: the operating system refused; nothing was recorded.
        """
        from obrelease.registry.check_folder import INTEGRITY_RULES, check_folder

        found = check_folder(staging)
        if found.digest != digest:
            raise IntegrityError(f"run {digest}: its envelope has sha256 {found.digest}")
        if found.problems or found.artefact is None:
            first = found.problems[0]
            kind = IntegrityError if first.rule in INTEGRITY_RULES else InvalidInput
            place = first.path.removeprefix(f"{staging}/")
            raise kind(f"run {digest}: {place}: {first.message}", hint="nothing was recorded")
        with storage_errors(self.root, "nothing was recorded"):
            sync_tree(staging)
            location = self._move_to_folder(staging, found.artefact, digest)
        envelope_bytes = found.size_bytes - sum(file.size for file in found.artefact.files)
        return entry_of(found.artefact, digest, self.root, location, envelope_bytes)

    def _staging_place(self) -> Path:
        """Where a run is written before it is complete: a new folder on the file system of the registry."""
        import secrets  # readers do without

        return self.root / STAGING_NAME / f"{os.getpid()}-{secrets.token_hex(8)}"

    def _make_staging(self, staging: Path) -> None:
        """Make that folder; raises `OSError`."""
        make_folders(staging)

    def _before_commit(self, artefact: Artefact, digest: str) -> None:
        """Called when a run is complete on the disk, before it gets its place in the registry."""

    def find(self, where: Filter = _ALL, *, limit: int | None = None) -> tuple[Entry, ...]:
        """The runs that match a filter, newest first; at most `limit` of them.

        Raises:
            StorageError: the results folder cannot be listed.
        """
        return self.search(where, limit=limit).entries

    def search(self, where: Filter, *, limit: int | None = None) -> query.QueryResult:
        """As `find`, with the folders whose envelope cannot be trusted, and why the index is not used."""
        if not where.needs_envelope:
            return query.query(self.root, where, limit)
        found = query.query(self.root, where, None)
        return replace(found, entries=tuple(islice(self._with_envelope(found.entries, where), limit)))

    def _with_envelope(self, entries: Sequence[Entry], where: Filter) -> Iterator[Entry]:
        """The entries whose envelope passes a filter; damaged runs pass none, `fsck` names them."""
        for entry in entries:
            try:
                artefact = self.load(entry)
            except ObreleaseError:
                continue
            if where.accepts_envelope(artefact):
                yield entry

    def resolve(
        self, name: str, *, kind: str | None = None, scenario: str | None = None, core: str | None = None
    ) -> Entry:
        """The one run with this digest, digest prefix (4 digits or more) or pin, or `latest`.

        Raises:
            NotFound: the name is none of these, or no run matches, or several do; the message lists them.
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
                f"{name!r} is neither a digest prefix nor a pinned name",
                hint=f"pass {MIN_PREFIX_DIGITS} to 64 hex digits of a digest, a name from `obrelease pin`,"
                f" or `{LATEST}`; `commit=1c9f2d7` is a side of `obrelease diff`",
            )
        if not found:
            raise NotFound(
                f"no run {name!r}{' with ' + str(where) if str(where) else ''} in {self.root}",
                hint="`obrelease list` shows the runs",
            )
        if len({entry.digest for entry in found}) > 1:
            raise NotFound(f"{name!r} is ambiguous: {_candidates(found)}", hint="pass more digits")
        return min(found, key=lambda entry: entry.location)

    def pin(self, name: str, entry: Entry, *, move: bool = False) -> None:
        """Give a run a name, which also protects it from `gc`.

        Raises:
            UsageError: the name is not valid.
            Conflict: another run has it, and `move` is not set.
            NotFound: the run was removed meanwhile.
            StorageError: the operating system refused.
        """
        pins.write_pin(self.root, name, entry.digest, move=move)
        if not entry.folder.is_dir():
            pins.remove_pin(self.root, name)
            raise NotFound(f"{entry.folder}: the run was removed meanwhile")

    def unpin(self, name: str) -> None:
        """Remove a name; the run stays.

        Raises:
            NotFound: no run has it.
            StorageError: the operating system refused.
        """
        pins.remove_pin(self.root, name)

    def pins(self) -> dict[str, str]:
        """Artefact digests by pinned name, sorted by name.

        Raises:
            InvalidInput: a file in `.pins/` is not a pin.
            StorageError: the operating system refused.
        """
        return pins.read_pins(self.root)

    def load(self, entry: Entry) -> Artefact:
        """The envelope of a run, hashed and validated again.

        Raises:
            IntegrityError: the envelope does not have the entry's digest, or differs from the entry.
            NotFound, StorageError: the folder is gone or cannot be read.
            InvalidInput: the envelope has this digest but is not a valid artefact.
        """
        from obrelease.models.artefact import Artefact
        from obrelease.models.validation import read_document

        data = self.envelope(entry)
        path = entry.folder / ENVELOPE_NAME
        artefact = read_document(data, Artefact, str(path))
        if entry_of(artefact, entry.digest, entry.root, entry.location, len(data)) != entry:
            raise IntegrityError(f"{path}: differs from what the index says of it", hint=_DAMAGED_HINT)
        return artefact

    def envelope(self, entry: Entry) -> bytes:
        """The bytes of the envelope of a run, hashed again and not validated.

        Raises:
            IntegrityError: they do not have the entry's digest.
            NotFound, InvalidInput, StorageError: the folder is gone or cannot be read.
        """
        data = read_envelope(entry.root, entry.location)
        if (digest := digest_bytes(data)) != entry.digest:
            raise IntegrityError(
                f"{entry.folder / ENVELOPE_NAME}: has sha256 {digest}, the registry has {entry.digest}",
                hint=_DAMAGED_HINT,
            )
        return data

    def reindex(self) -> int:
        """Make the index again from the run folders; returns the number of runs in it.

        Raises:
            StorageError: the results folder cannot be listed, or the index cannot be written.
        """
        from obrelease.registry.index.rebuild import rebuild  # starts processes

        return rebuild(self.root) if self.root.is_dir() else 0

    def unreadable(self) -> tuple[Path, ...]:
        """Folders that look like runs but are not listed, because their envelope cannot be trusted."""
        return tuple(self.root / location for location in self.search(_ALL, limit=0).unreadable)

    def _move_to_folder(self, staging: Path, draft: Artefact, digest: str) -> str:
        for length in PREFIX_LENGTHS:
            location = run_location(draft.kind, draft.scenario, digest, length)
            target = self.root / location
            reject_symlinks(self.root, target)
            make_folders(target.parent)
            try:
                staging.rename(target)
            except OSError as error:
                if error.errno not in _EXISTS_ERRORS:
                    raise
                if not _adopt_existing(staging, target, digest):
                    continue
            self._sync_folders_above(target)
            return location
        raise Conflict(
            f"{self.root / run_location(draft.kind, draft.scenario, digest)}: every folder name is taken",
            hint="`obrelease fsck` lists what occupies them",
        )

    def _sync_folders_above(self, target: Path) -> None:
        """Sync all folders above: another writer may have made one without having synced it yet."""
        for folder in (target.parent, target.parent.parent, self.root, self.root.absolute().parent):
            sync_folder(folder)


def _adopt_existing(staging: Path, target: Path, digest: str) -> bool:
    """Whether the existing folder is this run; it is touched, so that its grace period starts again.

    If `gc` moves it away at this moment, the staged folder takes its place.
    """
    try:
        os.utime(target)
    except FileNotFoundError:
        staging.rename(target)
        return True
    except PermissionError:
        pass  # another user's folder: who cannot touch it cannot remove it either
    return _is_recorded(target, digest)


def _is_recorded(folder: Path, digest: str) -> bool:
    """Whether a folder is this run; a damaged one must not count as recorded."""
    from obrelease.registry.check_folder import check_folder

    found = check_folder(folder, pictures=False)
    if found.digest != digest:
        return False
    if found.problems:
        raise IntegrityError(
            f"the run is recorded already, and damaged: {found.problems[0]}",
            hint=f"move {folder} to another place and record the run again",
        )
    return True


def _check_draft(draft: Artefact, files: Sequence[NewFile]) -> None:
    """Refuse before the first write: a path outside of the run's folder must never be opened."""
    from obrelease.models.archive_paths import run_path_error
    from obrelease.models.validation import model_errors

    if draft.files:
        raise InvalidInput("a draft lists no files; they are filled in when it is recorded")
    entries = []
    for file in files:
        with model_errors(f"file {file.path!r} of the run", hint=_HINT_PATH):
            entries.append(_file_entry(file, _NO_DIGEST, 0))
    with model_errors("files of the run"):
        _with_files(draft, tuple(entries))
    location = run_location(draft.kind, draft.scenario, _NO_DIGEST)
    if error := run_path_error(location, ENVELOPE_NAME):
        raise InvalidInput(f"scenario {draft.scenario!r}: {error}", hint="choose another scenario name")
    for file in files:
        if error := run_path_error(location, file.path):
            raise InvalidInput(f"file {file.path!r} of the run: {error}", hint="choose another file name")
    given = {file.path for file in files}
    for histogram in draft.histograms:
        if histogram.path not in given:
            raise InvalidInput(f"histogram {histogram.name!r}: {histogram.path!r} is not among the files")


def _with_files(draft: Artefact, entries: tuple[FileEntry, ...]) -> Artefact:
    from obrelease.models.artefact import Artefact

    return Artefact(**{**dict(draft), "files": entries})


def _file_entry(file: NewFile, digest: str, size: int) -> FileEntry:
    from obrelease.models.artefact import FileEntry

    return FileEntry(path=file.path, media_type=file.media_type, size=size, sha256=digest)


def _write(staging: Path, file: NewFile) -> FileEntry:
    target = staging / file.path
    for folder in reversed(target.parents[: len(target.relative_to(staging).parts) - 1]):
        folder.mkdir(exist_ok=True)  # never the staging folder itself: whoever took it away must win
    return _file_entry(file, *write_file(target, file.content))


def _candidates(found: Sequence[Entry]) -> str:
    named = sorted({f"{entry.digest[:16]} ({entry.kind}/{entry.scenario})" for entry in found})
    more = f" and {len(named) - _MAX_LISTED_MATCHES} more" if len(named) > _MAX_LISTED_MATCHES else ""
    return ", ".join(named[:_MAX_LISTED_MATCHES]) + more
