"""What lies on the disk, by shelf (`<kind>/<scenario>`), and when a shelf need not be listed again.

Adding, removing or renaming a folder changes the inode change time of the shelf it stands in, and
nothing but the file system's own clock can set that time. So the rule: a shelf is what it was when
it was listed if inode, modification time, change time and link count are what they were, *and* the
change time was more than `SETTLE_NS` older than the moment of the listing by the clock of the file
system. The second half is for clocks that tick slowly (2 s on FAT, a timer tick elsewhere): a shelf
that changed just before it was listed could change again within the same tick.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.registry.layout import is_run_folder_name

SETTLE_NS: Final = 2_000_000_000
"""How much older than its listing a change must be, to be told from the next one."""

_CHANGE_TIME_IS_REAL: Final = os.name == "posix"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A shelf's state as the file system tells it without a listing.

    Attributes:
        text: what must stay the same.
        changed_ns: when the shelf last changed, by the file system's clock.
    """

    text: str
    changed_ns: int

    def settled(self, now_ns: int | None) -> bool:
        """Whether a later change will show, for a shelf that was listed at `now_ns` or later."""
        return now_ns is not None and self.changed_ns + SETTLE_NS < now_ns


def read_directory_stamps(root: Path) -> dict[str, Stamp]:
    """The stamp of each shelf below a results folder, by its place.

    Raises:
        OSError: a folder cannot be listed.
    """
    found: dict[str, Stamp] = {}
    for kind in _real_folders(str(root)):
        for scenario in _real_folders(kind.path):
            with suppress(FileNotFoundError):
                found[f"{kind.name}/{scenario.name}"] = _stamp(scenario.stat(follow_symlinks=False))
    return found


def run_folder_names(root: Path, shelf: str) -> set[str]:
    """The names of all artefact folders on a shelf; empty where it is gone.

    Raises:
        OSError: it cannot be listed.
    """
    try:
        with os.scandir(root / shelf) as found:
            return {
                item.name
                for item in found
                if is_run_folder_name(item.name) and item.is_dir(follow_symlinks=False)
            }
    except (FileNotFoundError, NotADirectoryError):
        return set()


def file_system_time_ns(file: Path) -> int | None:
    """The file system's own time, had by touching a file of ours; None where that is not permitted."""
    try:
        os.utime(file)
        return file.stat().st_mtime_ns
    except OSError:
        return None


def _stamp(status: os.stat_result) -> Stamp:
    changed_ns = status.st_ctime_ns if _CHANGE_TIME_IS_REAL else status.st_mtime_ns
    return Stamp(f"{status.st_ino}.{status.st_mtime_ns}.{changed_ns}.{status.st_nlink}", changed_ns)


def _real_folders(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            items = list(found)
    except (FileNotFoundError, NotADirectoryError):
        return
    for item in items:
        if not item.name.startswith(".") and item.is_dir(follow_symlinks=False):
            yield item
