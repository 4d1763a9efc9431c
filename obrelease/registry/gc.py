"""Garbage collection: find runs that nothing protects, and remove them.

A run stays if it is protected (by a release, a tag, git or a pin) or within the grace period. The
period starts at the latest of its creation, its arrival in this folder, and the last time it was
recorded again.

Removal is safe against pins and writers of the same run that come in between. The folder is renamed
into the staging folder (`gc~kind~scenario~name`). Then pins and age are read again. Then it is renamed
to `doomed~*`, or back if it must stay. Only `doomed~*` is deleted. A killed collector leaves one of the
two names: the next collector moves the first kind back and deletes the second.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.errors import InvalidInput, NotFound
from obrelease.registry.entry import Entry, read_entry
from obrelease.registry.filter import Filter
from obrelease.registry.index import query
from obrelease.registry.layout import STAGING_NAME, is_run_location
from obrelease.registry.store import Registry
from obrelease.storage.durable import reject_symlinks, sync_folder
from obrelease.storage.operating_system import refuse_windows
from obrelease.storage.remove_tree import remove_tree
from obrelease.storage.system_errors import storage_errors

_BLOCK_BYTES: Final = 512
_TAKEN: Final = "gc"
_DELETING: Final = "doomed"
_SEPARATOR: Final = "~"
_MIN_LEFTOVER_AGE_NS: Final = 86_400 * 10**9
"""Staging folders younger than this may belong to a running writer, however short the grace period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedRuns:
    """Runs that garbage collection must keep, besides pinned ones.

    Both fields are required, so that a caller cannot forget one by accident. `pins_only` is for a
    results folder that neither releases nor git can refer to, such as a new temporary one.

    Attributes:
        reasons: by artefact digest, why a run must stay, such as `release v1.0`.
        tracked: locations (`kind/scenario/name`) of runs that git tracks.
    """

    reasons: Mapping[str, Sequence[str]]
    tracked: Set[str]

    @classmethod
    def pins_only(cls) -> ProtectedRuns:
        """Protect nothing but pinned runs: released and tracked runs may be removed."""
        return cls(reasons={}, tracked=frozenset())


@dataclass(frozen=True, slots=True)
class ProtectedRun:
    """A run that stays, and why: such as `pin nightly`, `release v1.0`."""

    entry: Entry
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run that may be removed.

    Attributes:
        bytes_on_disk: what its removal frees: blocks of files that have no other name.
        modified_ns: the folder's modification time when the plan was made.
    """

    entry: Entry
    bytes_on_disk: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class GcPlan:
    """What a collection would do.

    Attributes:
        protected: runs that something protects, newest first.
        within_grace: other runs that are still in their grace period.
        candidates: runs to remove.
        leftovers: old files of killed writers in the staging folder, with their bytes on disk.
    """

    protected: tuple[ProtectedRun, ...]
    within_grace: tuple[Entry, ...]
    candidates: tuple[Candidate, ...]
    leftovers: tuple[tuple[Path, int], ...]


def plan_gc(registry: Registry, protected: ProtectedRuns, *, now_ns: int, grace_ns: int) -> GcPlan:
    """Classify every run; changes nothing. Folders that cannot be read are never part of the plan.

    Args:
        protected: the runs that must stay; pinned runs are added here.
        now_ns: the current time, in nanoseconds since 1970.
        grace_ns: how long an unprotected run stays.

    Raises:
        InvalidInput: a pin is damaged, so the run that it protects is unknown.
        StorageError: the results folder cannot be listed, or its staging folder is a symbolic link.
    """
    reject_symlinks(registry.root, registry.root / STAGING_NAME)
    kept: list[ProtectedRun] = []
    within_grace: list[Entry] = []
    candidates: list[Candidate] = []
    with storage_errors(registry.root, "runs cannot be listed"):
        entries = registry.find()
        reasons = _reasons(registry, protected, entries)
        for entry in entries:
            if entry.digest in reasons:
                kept.append(ProtectedRun(entry, tuple(reasons[entry.digest])))
                continue
            with suppress(FileNotFoundError, NotFound):
                if _differs_from_folder(entry):
                    continue
                status = entry.folder.stat()
                newest_ns = max(entry.created_ns, status.st_mtime_ns, status.st_ctime_ns)
                if newest_ns + grace_ns > now_ns:
                    within_grace.append(entry)
                else:
                    candidates.append(Candidate(entry, _bytes_on_disk(entry.folder), status.st_mtime_ns))
        leftovers = tuple(
            _leftovers(registry.root / STAGING_NAME, now_ns - max(grace_ns, _MIN_LEFTOVER_AGE_NS))
        )
    return GcPlan(tuple(kept), tuple(within_grace), tuple(candidates), leftovers)


def collect(
    registry: Registry, plan: GcPlan, advance: Callable[[int], None] = lambda _: None
) -> tuple[Candidate, ...]:
    """Remove the candidates of a plan; returns those removed, without runs pinned or recorded meanwhile.

    Raises:
        StorageError: the operating system refused; each run is removed completely or not at all.
    """
    root = registry.root
    staging = root / STAGING_NAME
    removed: list[Candidate] = []
    reject_symlinks(root, staging)
    with storage_errors(root, "not all runs were removed; those that were are removed completely"):
        _finish_interrupted(root)
        query.delete_rows(root, (candidate.entry.location for candidate in plan.candidates))
        staged = [
            (candidate, path)
            for candidate in plan.candidates
            if (path := _move_to_staging(root, candidate.entry)) is not None
        ]
        for folder in sorted({candidate.entry.folder.parent for candidate, _ in staged}):
            sync_folder(folder)
        if staged:
            sync_folder(staging)
        pinned = set(registry.pins().values())
        for candidate, path in staged:
            if candidate.entry.digest in pinned or _modified_ns(path) != candidate.modified_ns:
                _move_back(path, candidate.entry.folder)
            else:
                _delete(path)
                removed.append(candidate)
            advance(1)
        for path, _ in plan.leftovers:
            _delete(path)
        if staging.is_dir():
            sync_folder(staging)
    registry.find(Filter(), limit=0)
    return tuple(removed)


def _differs_from_folder(entry: Entry) -> bool:
    """Whether the index says something else of a run than its envelope; such a run is never removed."""
    try:
        return read_entry(entry.root, entry.location) != entry
    except InvalidInput:
        return True


def _reasons(registry: Registry, protected: ProtectedRuns, entries: Sequence[Entry]) -> dict[str, list[str]]:
    reasons = {digest: list(why) for digest, why in protected.reasons.items()}
    for entry in entries:
        if entry.location in protected.tracked:
            reasons.setdefault(entry.digest, []).append("tracked by git")
    for name, digest in registry.pins().items():
        reasons.setdefault(digest, []).append(f"pin {name}")
    return reasons


def _move_to_staging(root: Path, entry: Entry) -> Path | None:
    """Move a run into the staging folder; None if it is gone, or another collector has it."""
    target = root / STAGING_NAME / _SEPARATOR.join((_TAKEN, *entry.location.split("/")))
    target.parent.mkdir(exist_ok=True)
    try:
        return entry.folder.rename(target)
    except FileNotFoundError:
        return None
    except OSError:
        if target.exists():
            return None
        raise


def _modified_ns(path: Path) -> int | None:
    """A folder's modification time; None if another collector has finished it."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def _move_back(path: Path, folder: Path) -> None:
    """Move a run back from the staging folder; if it was recorded again meanwhile, delete this copy."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.rename(folder)
    except FileNotFoundError:
        return
    except OSError:
        if not folder.exists():
            raise
        _delete(path)
        return
    sync_folder(folder.parent)


def _delete(path: Path) -> None:
    """Delete a folder or file of the staging folder, after a rename that makes the decision final."""
    deleting = path.with_name(f"{_DELETING}{_SEPARATOR}{secrets.token_hex(8)}")
    with suppress(FileNotFoundError):
        path.rename(deleting)
        if deleting.is_dir() and not deleting.is_symlink():
            remove_tree(deleting)
        else:
            deleting.unlink()


def _finish_interrupted(root: Path) -> None:
    """Finish what a killed collector began."""
    for path in _items(root / STAGING_NAME):
        action, *location = path.name.split(_SEPARATOR)
        if action == _TAKEN and is_run_location(location):
            _move_back(path, root.joinpath(*location))
        elif action == _DELETING:
            _delete(path)


def _leftovers(staging: Path, before_ns: int) -> Iterator[tuple[Path, int]]:
    """Files of writers not changed since `before_ns`; one that disappears belongs to a running writer."""
    for path in _items(staging):
        with suppress(FileNotFoundError):
            status = path.lstat()
            ours = path.name.partition(_SEPARATOR)[0] in {_TAKEN, _DELETING}
            if not ours and max(status.st_mtime_ns, status.st_ctime_ns) <= before_ns:
                yield path, _bytes_on_disk(path)


def _items(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _bytes_on_disk(path: Path) -> int:
    """Bytes of the blocks that are free again after the tree is deleted."""
    if sys.platform == "win32":
        refuse_windows("the removal of runs")
    total = 0
    pending = [str(path)]
    if not path.is_dir():
        return path.lstat().st_blocks * _BLOCK_BYTES
    while pending:
        with os.scandir(pending.pop()) as found:
            for item in found:
                status = item.stat(follow_symlinks=False)
                if item.is_dir(follow_symlinks=False):
                    pending.append(item.path)
                elif status.st_nlink == 1:
                    total += status.st_blocks * _BLOCK_BYTES
    return total
