"""State of the scenario folders (`<kind>/<scenario>`), to know which ones must be listed again.

Adding, removing or renaming a run changes the inode change time of its scenario folder, and only the
clock of the file system can set that time. So a folder is unchanged since it was listed under two
conditions. Its inode, modification time, change time and link count are the same. And its change time
was more than `SETTLE_NS` older than the moment of the listing, by the clock of the file system. The
second condition is for coarse clocks (2 s on FAT, a timer tick elsewhere): a folder that changed just
before it was listed could change again within the same tick.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from obrelease.registry.layout import has_text_name, is_run_folder_name

SETTLE_NS: Final = 2_000_000_000
"""How much older than its listing a change must be, to be distinguished from a later change."""

_CHANGE_TIME_IS_REAL: Final = os.name == "posix"


@dataclass(frozen=True, slots=True)
class DirectoryStamp:
    """The state of a scenario folder, read without listing it.

    Attributes:
        text: what must stay the same.
        changed_ns: when the folder last changed, by the file system's clock.
    """

    text: str
    changed_ns: int

    def settled(self, now_ns: int | None) -> bool:
        """Whether any later change will be visible, if the folder is listed at `now_ns` or later."""
        return now_ns is not None and self.changed_ns + SETTLE_NS < now_ns


def read_directory_stamps(root: Path) -> dict[str, DirectoryStamp]:
    """The stamp of each scenario folder below a results folder, by `<kind>/<scenario>`.

    Raises:
        OSError: a folder cannot be listed.
    """
    found: dict[str, DirectoryStamp] = {}
    for kind in _subfolders(str(root)):
        for scenario in _subfolders(kind.path):
            with suppress(FileNotFoundError):
                found[f"{kind.name}/{scenario.name}"] = _stamp(scenario.stat(follow_symlinks=False))
    return found


def run_folder_names(root: Path, scenario_folder: str) -> set[str]:
    """The names of all run folders in a scenario folder; empty if it does not exist.

    Raises:
        OSError: it cannot be listed.
    """
    try:
        with os.scandir(root / scenario_folder) as found:
            return {
                item.name
                for item in found
                if is_run_folder_name(item.name) and item.is_dir(follow_symlinks=False)
            }
    except (FileNotFoundError, NotADirectoryError):
        return set()


def file_system_time_ns(file: Path) -> int | None:
    """The time of the file system's clock, read by touching `file`; None if that is not permitted."""
    try:
        os.utime(file)
        return file.stat().st_mtime_ns
    except OSError:
        return None


def _stamp(status: os.stat_result) -> DirectoryStamp:
    changed_ns = status.st_ctime_ns if _CHANGE_TIME_IS_REAL else status.st_mtime_ns
    text = f"{status.st_ino}.{status.st_mtime_ns}.{changed_ns}.{status.st_nlink}"
    return DirectoryStamp(text, changed_ns)


def _subfolders(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            items = list(found)
    except (FileNotFoundError, NotADirectoryError):
        return
    for item in items:
        if not item.name.startswith(".") and has_text_name(item) and item.is_dir(follow_symlinks=False):
            yield item
