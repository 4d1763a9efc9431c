"""Which runs nothing keeps, and their removal: out of sight by one rename, judged again, then freed.

A run is kept by its roots (whatever the caller names: releases, tags, git, and here the pins) and by
its youth: the latest of its creation, its arrival in this folder, and the last time that somebody
recorded it again must lie further back than the grace period.

Order of a removal, so that neither a pin nor a writer of the same run that comes in between loses it:
the folder is renamed into the staging folder (`gc~kind~scenario~name`), then pins and age are read
again, then it is renamed to `doomed~*` or back into its place, and only what is doomed is deleted. A
collector that was killed leaves one of the two names; the next one puts the first kind back and
deletes the second.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.registry.entry import Entry
from obrelease.registry.filter import Filter
from obrelease.registry.index import query
from obrelease.registry.layout import STAGING_NAME, is_run_location
from obrelease.registry.store import Registry
from obrelease.storage.durable import reject_symlinks, sync_folder
from obrelease.storage.system_errors import storage_errors

PIN: Final = "pin"

_BLOCK_BYTES: Final = 512
_TAKEN: Final = "gc"
_DOOMED: Final = "doomed"
_MARK: Final = "~"
_YOUNGEST_LEFTOVER_NS: Final = 86_400 * 10**9
"""However short the grace period: what is younger may be a writer's at work."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A run that stays, and why: such as `pin nightly`, `release v1.0`."""

    entry: Entry
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run that nothing keeps.

    Attributes:
        bytes_on_disk: what its removal frees: blocks of files that have no other name.
        touched_ns: the folder's modification time when it was judged.
    """

    entry: Entry
    bytes_on_disk: int
    touched_ns: int


@dataclass(frozen=True, slots=True)
class GcPlan:
    """What a collection would do.

    Attributes:
        kept: runs with a root, newest first.
        young: runs without one, still in their grace period.
        doomed: runs that go.
        leftovers: what killed writers left in the staging folder, old enough to go, with its bytes.
    """

    kept: tuple[Kept, ...]
    young: tuple[Entry, ...]
    doomed: tuple[Candidate, ...]
    leftovers: tuple[tuple[Path, int], ...]


def plan_gc(registry: Registry, roots: Mapping[str, Sequence[str]], *, now_ns: int, grace_ns: int) -> GcPlan:
    """Judge every run; changes nothing. Folders that cannot be read are never part of it.

    Args:
        roots: by artefact digest, why a run must stay; pins are added here.
        now_ns: the present, in nanoseconds since the epoch.
        grace_ns: how long a run without a root stays.

    Raises:
        InvalidInput: a pin is not one, so what it keeps is unknown.
        StorageError: the results folder cannot be listed, or its staging folder is a symbolic link.
    """
    reject_symlinks(registry.root, registry.root / STAGING_NAME)
    reasons = {digest: list(why) for digest, why in roots.items()}
    for name, digest in registry.pins().items():
        reasons.setdefault(digest, []).append(f"{PIN} {name}")
    kept: list[Kept] = []
    young: list[Entry] = []
    doomed: list[Candidate] = []
    with storage_errors(registry.root, "runs cannot be listed"):
        for entry in registry.find(Filter()):
            if entry.digest in reasons:
                kept.append(Kept(entry, tuple(reasons[entry.digest])))
                continue
            with suppress(FileNotFoundError):
                status = entry.folder.stat()
                newest_ns = max(entry.created_ns, status.st_mtime_ns, status.st_ctime_ns)
                if newest_ns + grace_ns > now_ns:
                    young.append(entry)
                else:
                    doomed.append(Candidate(entry, _bytes_on_disk(entry.folder), status.st_mtime_ns))
        leftovers = tuple(
            _leftovers(registry.root / STAGING_NAME, now_ns - max(grace_ns, _YOUNGEST_LEFTOVER_NS))
        )
    return GcPlan(tuple(kept), tuple(young), tuple(doomed), leftovers)


def collect(
    registry: Registry, plan: GcPlan, advance: Callable[[int], None] = lambda _: None
) -> tuple[Candidate, ...]:
    """Remove what the plan dooms; returns what was removed, which is less where somebody came between.

    Raises:
        StorageError: the disk refused; what was removed so far is removed whole.
    """
    root = registry.root
    staging = root / STAGING_NAME
    gone: list[Candidate] = []
    reject_symlinks(root, staging)
    with storage_errors(root, "not all runs were removed; those that were are removed completely"):
        _finish_former(root)
        query.forget(root, (doomed.entry.location for doomed in plan.doomed))
        taken = [(doomed, path) for doomed in plan.doomed if (path := _take(root, doomed.entry)) is not None]
        for shelf in sorted({doomed.entry.folder.parent for doomed, _ in taken}):
            sync_folder(shelf)
        if taken:
            sync_folder(staging)
        pinned = set(registry.pins().values())
        for doomed, path in taken:
            if doomed.entry.digest in pinned or _touched_ns(path) != doomed.touched_ns:
                _put_back(path, doomed.entry.folder)
            else:
                _destroy(path)
                gone.append(doomed)
            advance(1)
        for path, _ in plan.leftovers:
            _destroy(path)
        if staging.is_dir():
            sync_folder(staging)
    registry.find(Filter(), limit=0)
    return tuple(gone)


def _take(root: Path, entry: Entry) -> Path | None:
    """Move a run out of sight; None where it is gone, or another collector has it."""
    target = root / STAGING_NAME / _MARK.join((_TAKEN, *entry.location.split("/")))
    target.parent.mkdir(exist_ok=True)
    try:
        return entry.folder.rename(target)
    except FileNotFoundError:
        return None
    except OSError:
        if target.exists():
            return None
        raise


def _touched_ns(path: Path) -> int | None:
    """A folder's modification time; None where another collector took it for one left by a killed one."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def _put_back(path: Path, folder: Path) -> None:
    """Give a run its place again; where the same run was recorded meanwhile, ours is the spare one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.rename(folder)
    except FileNotFoundError:
        return
    except OSError:
        if not folder.exists():
            raise
        _destroy(path)
        return
    sync_folder(folder.parent)


def _destroy(path: Path) -> None:
    """Delete a folder or file of the staging folder, by a name that says that it is decided."""
    doomed = path.with_name(f"{_DOOMED}{_MARK}{secrets.token_hex(8)}")
    with suppress(FileNotFoundError):
        path.rename(doomed)
        if doomed.is_dir():
            shutil.rmtree(doomed)
        else:
            doomed.unlink()


def _finish_former(root: Path) -> None:
    """Bring what a killed collector began to its end."""
    for path in _items(root / STAGING_NAME):
        act, *location = path.name.split(_MARK)
        if act == _TAKEN and is_run_location(location):
            _put_back(path, root.joinpath(*location))
        elif act == _DOOMED:
            _destroy(path)


def _leftovers(staging: Path, before_ns: int) -> Iterator[tuple[Path, int]]:
    """What is older than an instant; what goes while it is looked at was a writer's at work."""
    for path in _items(staging):
        with suppress(FileNotFoundError):
            status = path.lstat()
            ours = path.name.partition(_MARK)[0] in {_TAKEN, _DOOMED}
            if not ours and max(status.st_mtime_ns, status.st_ctime_ns) <= before_ns:
                yield path, _bytes_on_disk(path)


def _items(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _bytes_on_disk(path: Path) -> int:
    """Bytes of blocks that are free again once the tree is gone."""
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
