"""The folder of a site: whether it may be written into, and its files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from obrelease.errors import UsageError
from obrelease.storage.output_files import write_page
from obrelease.storage.system_errors import storage_errors

MARKER: Final = "obrelease-site.txt"
"""A file of every site: only a folder that has it, or is empty, is written into."""

_PLACES: Final = ("compare", "histories", "runs")
"""The folders of a site."""


def require_site_folder(folder: Path) -> None:
    """Refuse a folder that has files of something else, or a link in place of a folder of the site.

    Raises:
        UsageError: as said.
        StorageError: it cannot be read.
    """
    with storage_errors(folder, "cannot be written"):
        if folder.is_dir() and any(folder.iterdir()) and not (folder / MARKER).is_file():
            raise UsageError(
                f"{folder}: has files of something else",
                hint="name a new folder, or one that has a site already",
            )
        for place in _PLACES:
            if (folder / place).is_symlink():
                raise UsageError(
                    f"{folder / place}: is a symbolic link; a site is not written through it",
                    hint="remove the link, or name another folder",
                )


class SiteWriter:
    """Writes files that differ, and removes those of an earlier site that are gone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.written: set[Path] = set()
        self.write(MARKER, b"The folder of a site that `obrelease site build` made.\n")

    def write(self, path: str, content: bytes) -> None:
        """Write a file of the site unless it has this content."""
        target = self._folder / path
        self.written.add(target)
        with storage_errors(target, "cannot be written"):
            target.parent.mkdir(parents=True, exist_ok=True)
            if not (
                not target.is_symlink()
                and target.is_file()
                and target.stat().st_size == len(content)
                and target.read_bytes() == content
            ):
                write_page(target, content)

    def remove_others(self) -> None:
        """Remove the pages of an earlier site that were not written."""
        if (page := self._folder / "releases.html") not in self.written:
            with storage_errors(page, "cannot be written"):
                page.unlink(missing_ok=True)
        for place in _PLACES:
            with storage_errors(self._folder / place, "cannot be written"):
                for file in sorted((self._folder / place).glob("*.html")):
                    if file not in self.written:
                        file.unlink()
