"""A small ext4 on a loop device whose power can be cut: what was not synced is gone when it comes back."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SHUTDOWN: Final = 0x8004587D
"""`FS_IOC_SHUTDOWN` of linux/fs.h; with 2 the journal's unwritten part is lost, as in a power cut."""

_CUT: Final = f"""
import fcntl, os, struct, sys
folder = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(folder, {_SHUTDOWN}, struct.pack("I", 2))
"""


def as_root(*command: str) -> None:
    """Run a command as root, by `sudo` where we are not."""
    prefix: Sequence[str] = () if os.geteuid() == 0 else ("sudo", "-n")
    done = subprocess.run([*prefix, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (
        f"{' '.join(command)}: {done.stderr.strip()}; this test needs root and loop devices"
    )


@dataclass(frozen=True, slots=True)
class CutDisk:
    """The image and where it is mounted."""

    image: Path
    folder: Path

    def mount(self) -> None:
        """Mount it; the journal is replayed. Nothing is committed on its own for ten minutes."""
        as_root("mount", "-o", "loop,commit=600", str(self.image), str(self.folder))

    def unmount(self) -> None:
        """Unmount it, whoever still holds it."""
        as_root("umount", str(self.folder))

    def cut(self) -> None:
        """Cut the power: every later write fails, and what was not on the disk never was."""
        as_root(sys.executable, "-c", _CUT, str(self.folder))


@contextmanager
def cut_disk(place: Path, mebibytes: int) -> Iterator[CutDisk]:
    """A new disk, mounted; it belongs to whoever runs the test."""
    disk = CutDisk(place / "disk.img", place / "disk")
    disk.folder.mkdir()
    with disk.image.open("wb") as image:
        image.truncate(mebibytes * 2**20)
    as_root("mkfs.ext4", "-q", "-F", "-E", f"root_owner={os.geteuid()}:{os.getegid()}", str(disk.image))
    disk.mount()
    try:
        yield disk
    finally:
        as_root("umount", "-l", str(disk.folder))


@contextmanager
def small_tmpfs(folder: Path, kibibytes: int) -> Iterator[None]:
    """A tmpfs of so many KiB at `folder`."""
    folder.mkdir()
    owner = f"uid={os.geteuid()},gid={os.getegid()}"
    as_root("mount", "-t", "tmpfs", "-o", f"size={kibibytes}k,{owner}", "tmpfs", str(folder))
    try:
        yield
    finally:
        as_root("umount", "-l", str(folder))


def grow_tmpfs(folder: Path, kibibytes: int) -> None:
    """Give it more room."""
    as_root("mount", "-o", f"remount,size={kibibytes}k", str(folder))
