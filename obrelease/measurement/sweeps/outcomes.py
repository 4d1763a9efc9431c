"""What became of each cell: a file by its key, written once."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

from obrelease.errors import Conflict, NotFound
from obrelease.measurement.sweeps.cells import CellKey
from obrelease.measurement.sweeps.sweep_folder import SweepFolder
from obrelease.models.artefact import Text
from obrelease.models.base import Digest, Document, Nanos
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.validation import model_errors
from obrelease.storage.durable import write_verified
from obrelease.storage.files import read_bounded
from obrelease.storage.system_errors import storage_errors

_SUFFIX: Final = ".json"
_MAX_BYTES: Final = 65_536


class DoneCell(Document):
    """A cell that is recorded.

    Attributes:
        digest: the artefact digest of its run.
        host: which machine measured it.
        finished_ns: when, by the clock of that machine.
        seconds: how long it took, in whole milliseconds.
    """

    key: CellKey
    digest: Digest
    host: Text
    finished_ns: Nanos
    milliseconds: int


class FailedCell(Document):
    """A cell that could not be measured.

    Attributes:
        reason: the message of the error.
    """

    key: CellKey
    reason: Text
    host: Text
    finished_ns: Nanos


Outcome = TypeVar("Outcome", DoneCell, FailedCell)


def settled_keys(folder: SweepFolder) -> frozenset[str]:
    """The keys of all cells that are recorded or failed.

    Raises:
        StorageError: a folder cannot be listed.
    """
    return _keys(folder.done) | _keys(folder.failed)


def is_settled(folder: SweepFolder, key: str) -> bool:
    """Whether a cell is recorded or failed."""
    return any((place / f"{key}{_SUFFIX}").exists() for place in (folder.done, folder.failed))


def write_done(folder: SweepFolder, outcome: DoneCell) -> bool:
    """Note a recorded cell; False if that was noted before. Raises `StorageError`."""
    return _write(folder.done, outcome)


def write_failed(folder: SweepFolder, outcome: FailedCell) -> bool:
    """Note a failed cell; False if that was noted before. Raises `StorageError`."""
    return _write(folder.failed, outcome)


def read_done(folder: SweepFolder) -> dict[str, DoneCell]:
    """All recorded cells by key.

    Raises:
        InvalidInput: a file is malformed.
        StorageError: a file cannot be read.
    """
    return _read(folder.done, DoneCell)


def read_failed(folder: SweepFolder) -> dict[str, FailedCell]:
    """All failed cells by key; raises as `read_done`."""
    return _read(folder.failed, FailedCell)


def forget_failed(folder: SweepFolder) -> int:
    """Give all failed cells free to be measured again; returns their number.

    Raises:
        StorageError: a file cannot be removed.
    """
    keys = _keys(folder.failed)
    with storage_errors(folder.failed, "cannot be removed"):
        for key in keys:
            (folder.failed / f"{key}{_SUFFIX}").unlink(missing_ok=True)
    return len(keys)


def _write(place: Path, outcome: DoneCell | FailedCell) -> bool:
    data = canonical_bytes(outcome.model_dump(mode="json"))
    try:
        write_verified(place / f"{outcome.key}{_SUFFIX}", [data], len(data), None)
    except Conflict:
        return False
    return True


def _read(place: Path, model: type[Outcome]) -> dict[str, Outcome]:
    found = {}
    for key in sorted(_keys(place)):
        path = place / f"{key}{_SUFFIX}"
        try:
            data = read_bounded(path, _MAX_BYTES)
        except NotFound:  # given free meanwhile
            continue
        with model_errors(str(path), hint="remove the file to measure its cell again"):
            found[key] = model.model_validate_json(data)
    return found


def _keys(place: Path) -> frozenset[str]:
    with storage_errors(place, "cannot be listed"):
        try:
            names = [path.name for path in place.iterdir()]
        except FileNotFoundError:
            return frozenset()
    return frozenset(
        name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX) and name[0] != "."
    )
