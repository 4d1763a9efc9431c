"""Full check of the registry: every run is hashed again, the index is compared with the folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

from obrelease.errors import ObreleaseError
from obrelease.models.finding import Finding
from obrelease.registry.check_folder import LINKED_FOLDER, check_folder
from obrelease.registry.entry import Entry, location_mismatch
from obrelease.registry.index.query import IndexSnapshot, read_index
from obrelease.registry.index.rows import COLUMNS, values_of
from obrelease.registry.layout import (
    INDEX_NAME,
    PINS_NAME,
    STAGING_NAME,
    SWEEPS_NAME,
    is_run_folder_name,
    linked_folders,
    run_location,
)
from obrelease.registry.pins import read_pin
from obrelease.storage.progress import Progress
from obrelease.storage.reporter import SILENT
from obrelease.storage.system_errors import storage_errors
from obrelease.storage.workers import MIN_ITEMS_FOR_PROCESSES, map_in_chunks, map_in_order

_FILES_OF_GIT: Final = frozenset({".gitignore", ".gitattributes", ".gitkeep"})
"""What `obrelease init` and people write into a results folder, so that it can be committed."""

_REINDEX: Final = "run `obrelease reindex`"
_DIGEST: Final = COLUMNS.index("digest")


@dataclass(frozen=True, slots=True)
class FsckReport:
    """The result of checking a registry.

    Attributes:
        artefacts, size_bytes: how many folders were checked, and how many bytes were hashed.
        problems: damage to an artefact, a pin or the index.
        notes: harmless findings, such as leftovers of a killed writer. Runs that are not in the index yet
            are not reported.
    """

    artefacts: int
    size_bytes: int
    problems: tuple[Finding, ...]
    notes: tuple[Finding, ...]


def fsck(root: Path, progress: Progress = SILENT.progress, *, workers: int | None = None) -> FsckReport:
    """Check everything below a results folder; changes nothing.

    The index is read before the folders, so that runs recorded meanwhile are not reported. If a folder
    seems lost, the index is read again, because `gc` deletes the row before the folder.

    Args:
        progress: counts the folders.
        workers: the number of threads; None for one per processor, or processes if there are many runs.

    Raises:
        StorageError: the results folder cannot be listed.
    """
    problems: list[Finding] = []
    notes: list[Finding] = []
    sound: dict[str, _RunCheck] = {}
    folders = size_bytes = 0
    with storage_errors(root, "cannot be listed"):
        index = read_index(root)
        found = sorted(_walk(root))
        linked = linked_folders(root)
    problems += [Finding(str(root / location), "symlink", LINKED_FOLDER) for location in linked]
    for location, is_artefact in found:
        if not is_artefact and not location.startswith(f"{STAGING_NAME}/") and location not in linked:
            (notes if _is_harmless(location) else problems).append(_unexpected(root, location))
    locations = [location for location, is_artefact in found if is_artefact]
    existing = {location for location, _ in found}
    # Processes are started before the progress, which a thread may show.
    with (
        _checks(partial(_check_run, root, index.rows), locations, workers) as checks,
        progress("fsck", len(locations)) as advance,
    ):
        for location, check in zip(locations, checks, strict=True):
            advance(1)
            if check is None:
                existing.remove(location)
                continue
            folders += 1
            size_bytes += check.size_bytes
            problems += check.problems
            if check.digest is not None:
                sound[location] = check
    problems += _index_problems(root, index, sound, existing)
    problems += _pin_problems(root, {check.digest for check in sound.values() if check.digest})
    notes += _staging_notes(root, [location for location, _ in found])
    notes += _index_notes(root, index)
    return FsckReport(folders, size_bytes, tuple(problems), tuple(notes))


class _RunCheck(NamedTuple):
    """What is kept of the check of a folder.

    Attributes:
        digest: None if anything is wrong.
        differs: whether the index says something else of it.
    """

    size_bytes: int
    problems: tuple[Finding, ...]
    digest: str | None
    differs: bool


@contextmanager
def _checks(
    check: Callable[[str], _RunCheck | None], locations: Sequence[str], workers: int | None
) -> Iterator[Iterator[_RunCheck | None]]:
    """The checks of folders in order: of many in processes, of few, which may be large, in threads."""
    if workers is None and len(locations) >= MIN_ITEMS_FOR_PROCESSES:
        with map_in_chunks(lambda chunk: list(map(check, chunk)), locations) as chunks:
            yield chain.from_iterable(chunks)
    else:
        yield map_in_order(check, locations, workers=workers)


def _check_run(root: Path, rows: Mapping[str, tuple[Any, ...]], location: str) -> _RunCheck | None:
    """The check of a folder; None if `gc` moved it away meanwhile."""
    folder = f"{root}/{location}"
    check = check_folder(folder, pictures=False)
    if check.problems:
        check = check_folder(folder, pictures=False)
        if not os.path.lexists(folder):
            return None
    entry, problems = check.entry(root, location), check.problems
    if entry is not None:
        problems += tuple(_misplaced(folder, entry, location))
    if entry is None or problems:
        return _RunCheck(check.size_bytes, problems, None, differs=False)
    row = rows.get(location)
    differs = row is not None and row != values_of(entry)
    return _RunCheck(check.size_bytes, (), entry.digest, differs=differs)


def _walk(root: Path) -> Iterator[tuple[str, bool]]:
    """Everything below `root`: artefact folders as (location, True), anything unexpected as (path, False)."""
    for kind, kind_is_folder in _items(root):
        if kind == STAGING_NAME and kind_is_folder:
            yield from ((f"{kind}/{name}", False) for name, _ in _items(root / kind))
        elif not kind_is_folder or kind.startswith("."):
            known = kind.startswith(INDEX_NAME) or (kind_is_folder and kind in {PINS_NAME, SWEEPS_NAME})
            if not known and (kind_is_folder or kind not in _FILES_OF_GIT):
                yield kind, False
        else:
            yield from _walk_kind(root, kind)


def _walk_kind(root: Path, kind: str) -> Iterator[tuple[str, bool]]:
    for scenario, scenario_is_folder in _items(root / kind):
        if not scenario_is_folder:
            yield f"{kind}/{scenario}", False
            continue
        for name, name_is_folder in _items(root / kind / scenario):
            yield f"{kind}/{scenario}/{name}", name_is_folder and is_run_folder_name(name)


def _items(folder: Path) -> list[tuple[str, bool]]:
    try:
        with os.scandir(folder) as found:
            return [(item.name, item.is_dir(follow_symlinks=False)) for item in found]
    except FileNotFoundError:
        return []


def _is_harmless(location: str) -> bool:
    """Hidden files, and files next to the kinds (a README), are no damage."""
    return "/" not in location or location.rpartition("/")[2].startswith(".")


def _unexpected(root: Path, location: str) -> Finding:
    return Finding(str(root / location), "stray", "is not an artefact folder")


def _staging_notes(root: Path, locations: list[str]) -> Iterator[Finding]:
    """One line for all folders of writers, and one for all that a killed garbage collection moved."""
    staged = [location for location in locations if location.startswith(f"{STAGING_NAME}/")]
    moved = sum(location.startswith(f"{STAGING_NAME}/gc~") for location in staged)
    for count, message in (
        (len(staged) - moved, "of running or killed writers; `obrelease gc --yes` removes old ones"),
        (
            moved,
            "moved by a killed garbage collection; `obrelease gc --yes` moves them back",
        ),
    ):
        if count:
            yield Finding(str(root / STAGING_NAME), "staging", f"items: {count:,}, {message}")


def _misplaced(folder: str, entry: Entry, location: str) -> Iterator[Finding]:
    if (fault := location_mismatch(entry.kind, entry.scenario, entry.digest, location)) is not None:
        proper = run_location(entry.kind, entry.scenario, entry.digest)
        yield Finding(str(Path(folder)), "place", f"{fault}; it belongs in {proper}")


def _index_problems(
    root: Path, index: IndexSnapshot, sound: dict[str, _RunCheck], existing: set[str]
) -> Iterator[Finding]:
    path = str(root / INDEX_NAME)
    if index.state == "damaged":
        yield Finding(path, "row", f"the index is damaged: {index.reason}; {_REINDEX}")
    gone = index.rows.keys() - existing
    lost = gone & read_index(root).rows.keys() if gone else set()
    for location in sorted(lost):
        if not (root / location).exists():
            digest = index.rows[location][_DIGEST]
            yield Finding(str(root / location), "lost", f"the index lists run {digest}, its folder is gone")
    for location, check in sorted(sound.items()):
        if check.differs:
            yield Finding(path, "row", f"the row of {location} differs from its folder; {_REINDEX}")
    for location in sorted(sound.keys() - index.rows.keys()):
        if location.rpartition("/")[0] in index.current_folders:
            yield Finding(path, "row", f"the row of {location} is missing; {_REINDEX}")


def _pin_problems(root: Path, digests: set[str]) -> Iterator[Finding]:
    for name, _ in sorted(_items(root / PINS_NAME)):
        path = str(root / PINS_NAME / name)
        try:
            pinned = read_pin(root, name)
        except ObreleaseError as error:
            yield Finding(path, "pin", error.message.removeprefix(f"{path}: "))
            continue
        if pinned is None and not os.path.lexists(path):
            continue
        if pinned is None:
            yield Finding(path, "pin", "is not a pin")
        elif pinned not in digests:
            yield Finding(path, "pin", f"names run {pinned}, which is missing or damaged")


def _index_notes(root: Path, index: IndexSnapshot) -> Iterator[Finding]:
    if index.state == "foreign":
        yield Finding(str(root / INDEX_NAME), "foreign", f"the index is {index.reason}; {_REINDEX}")
    if index.state == "unreachable":
        yield Finding(str(root / INDEX_NAME), "unreachable", f"the index is not used: {index.reason}")
