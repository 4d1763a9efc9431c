"""Claims on cells: who measures what, so that no cell is measured twice and none is lost.

A claim is a folder `claims/<key>/<token>`. It is made complete in another place and renamed to
`claims/<key>`: rename(2) replaces an empty folder and no other, so of many workers one succeeds. The run is
written inside of the claim, and renamed from there into the registry. Taking over renames
`claims/<key>/<token>` away. So a worker that was taken for dead and goes on cannot record: the path of its
run is gone. No step compares the clocks of two machines, and none needs a lock.
"""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Final

from obrelease.errors import ObreleaseError
from obrelease.measurement.sweeps.process_identity import ProcessIdentity
from obrelease.measurement.sweeps.sweep_folder import SweepFolder
from obrelease.models.base import Document, Nanos
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.validation import model_errors
from obrelease.storage.durable import make_folders
from obrelease.storage.files import read_bounded
from obrelease.storage.remove_tree import try_to_remove_tree
from obrelease.storage.system_errors import storage_errors

OWNER: Final = "owner.json"
BEAT: Final = "beat"
ANNOUNCED: Final = "announced"
RUN: Final = "run"
_WITHDRAWN: Final = "withdrawn"
_MAX_BYTES: Final = 8192
_TAKEN: Final = frozenset({errno.ENOTEMPTY, errno.EEXIST})
_BEATS_PER_TAKEOVER: Final = 6


class ClaimOwner(Document):
    """Who claimed a cell, and when by the clock of that machine, which only people read."""

    process: ProcessIdentity
    claimed_ns: Nanos


@dataclass(frozen=True, slots=True)
class Claim:
    """A cell that this process measures.

    Attributes:
        token: of this claim; no two are equal.
        place: its folder, gone if the claim was taken over.
    """

    folder: SweepFolder
    key: str
    token: str

    @property
    def place(self) -> Path:
        """The folder of the claim."""
        return self.folder.claims / self.key / self.token

    @property
    def is_held(self) -> bool:
        """Whether nobody took it over so far."""
        return self.place.is_dir()

    def announce(self, location: str) -> None:
        """Note the run that is recorded next, for whoever takes over between the run and the outcome.

        Raises:
            OSError: the claim was taken over, or the disk refused.
        """
        (self.place / ANNOUNCED).write_text(location, "ascii")

    def withdraw(self) -> None:
        """Give the cell free as if its process had ended, so that the attempt counts.

        Raises:
            StorageError: the disk refused.
        """
        take_over(self.folder, SeenClaim(self.key, self.token, None, ""))

    def release(self) -> None:
        """Give the cell free, or leave it as done."""
        _discard(self.folder, self.place)
        with suppress(OSError):
            self.place.parent.rmdir()


@dataclass(frozen=True, slots=True)
class SeenClaim:
    """A claim of any process.

    Attributes:
        owner: None if it cannot be read.
        beat: changes as long as its process lives.
    """

    key: str
    token: str
    owner: ClaimOwner | None
    beat: str


def prepare_folders(folder: SweepFolder) -> None:
    """Make the folders of a sweep.

    Raises:
        StorageError: the disk refused.
    """
    with storage_errors(folder.root, "cannot be made"):
        for path in folder.folders:
            make_folders(path)


def try_to_claim(folder: SweepFolder, key: str, owner: ClaimOwner) -> Claim | None:
    """Claim a cell; None if another process has it.

    Raises:
        StorageError: the disk refused.
    """
    claim = Claim(folder, key, secrets.token_hex(8))
    made = folder.incoming / claim.token
    with storage_errors(folder.root):
        (made / claim.token).mkdir(parents=True)
        try:
            (made / claim.token / OWNER).write_bytes(canonical_bytes(owner.model_dump(mode="json")))
            (made / claim.token / BEAT).write_text("0", "ascii")
            made.rename(folder.claims / key)
        except OSError as error:
            try_to_remove_tree(made)
            if error.errno not in _TAKEN:
                raise
            return None
    return claim


def read_claims(folder: SweepFolder) -> tuple[SeenClaim, ...]:
    """Every claim, by key.

    Raises:
        StorageError: the folder cannot be listed.
    """
    found = []
    for key in _names(folder.claims):
        for token in _names(folder.claims / key):
            place = folder.claims / key / token
            found.append(SeenClaim(key, token, _owner(place / OWNER), _small_text(place / BEAT)))
    return tuple(found)


def take_over(folder: SweepFolder, seen: SeenClaim) -> bool:
    """Withdraw exactly this claim, so that its process can no longer record; False if it is gone.

    Raises:
        StorageError: the disk refused.
    """
    with storage_errors(folder.root):
        (folder.retired / seen.key).mkdir(exist_ok=True)
        try:
            (folder.claims / seen.key / seen.token).rename(folder.retired / seen.key / seen.token)
        except FileNotFoundError:
            return False
    return True


def retired_claims(folder: SweepFolder, key: str) -> Mapping[str, str]:
    """The claims on a cell that were taken over, by token, each with the run it announced or "".

    Their runs are withdrawn first: after this, what was announced is in the registry, or never will be.

    Raises:
        StorageError: the disk refused.
    """
    found = {}
    for token in _names(folder.retired / key):
        place = folder.retired / key / token
        with storage_errors(place), suppress(FileNotFoundError):
            (place / RUN).rename(place / _WITHDRAWN)
        found[token] = _small_text(place / ANNOUNCED)
    return found


def retired_keys(folder: SweepFolder) -> tuple[str, ...]:
    """The cells that a claim was taken over of, and that were not settled since.

    Raises:
        StorageError: the folder cannot be listed.
    """
    return tuple(_names(folder.retired))


def forget_retired(folder: SweepFolder, key: str) -> None:
    """Remove what was taken over, once the cell is settled."""
    _discard(folder, folder.retired / key)


@contextmanager
def heartbeat(claim: Claim, takeover_s: float) -> Iterator[None]:
    """Show signs of life for as long as the block; stops if the claim is taken over."""
    ended = Event()

    def beat() -> None:
        number = 0
        while not ended.wait(takeover_s / _BEATS_PER_TAKEOVER):
            number += 1
            try:
                (claim.place / BEAT).write_text(str(number), "ascii")
            except FileNotFoundError:
                return
            except OSError:  # a disk that is full or away for a moment: the next beat may succeed
                continue

    thread = Thread(target=beat, name="sweep heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _owner(path: Path) -> ClaimOwner | None:
    try:
        data = read_bounded(path, _MAX_BYTES)
        with model_errors(str(path)):
            return ClaimOwner.model_validate_json(data)
    except ObreleaseError:
        return None


def _small_text(path: Path) -> str:
    with suppress(ObreleaseError):
        return read_bounded(path, _MAX_BYTES).decode("ascii", "replace")
    return ""


def _names(folder: Path) -> list[str]:
    with storage_errors(folder, "cannot be listed"), suppress(FileNotFoundError, NotADirectoryError):
        return sorted(path.name for path in folder.iterdir())
    return []


def _discard(folder: SweepFolder, place: Path) -> None:
    """Take a folder out of sight in one step, and then remove it."""
    removed = folder.incoming / f"{secrets.token_hex(8)}.gone"
    with suppress(OSError):
        place.rename(removed)
        try_to_remove_tree(removed)
