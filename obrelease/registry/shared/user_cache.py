"""What a machine remembers of shared registries, in the user's cache folder; all of it may be deleted.

Pages are kept by their digest, so a kept page is never out of date. Locations of unfinished uploads are
kept by place and digest.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from obrelease.errors import ObreleaseError
from obrelease.storage.durable import replace_file
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes
from obrelease.storage.output_files import write_page

_CACHE: Final = Path(".cache", "obrelease", "shared")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MAX_LOCATION_BYTES: Final = 16 * 1024


class UserCache:
    """Pages and unfinished uploads; without a home folder that can be written, nothing is remembered."""

    def __init__(self) -> None:
        try:
            self._folder: Path | None = Path.home() / _CACHE
        except RuntimeError:
            self._folder = None

    def page(self, sha256: str, limit: int) -> bytes | None:
        """The bytes of a page, with their digest checked; None if they are not kept."""
        data = self._read(f"pages/{sha256}", limit) if _DIGEST.fullmatch(sha256) else None
        return data if data is not None and digest_bytes(data) == sha256 else None

    def keep_page(self, sha256: str, data: bytes) -> None:
        """Keep the bytes of a page whose digest was checked."""
        if _DIGEST.fullmatch(sha256):
            self._write(f"pages/{sha256}", data, write_page)

    def location(self, place: str, sha256: str) -> str | None:
        """The location of an unfinished upload; None if none is kept."""
        data = self._read(self._upload(place, sha256), _MAX_LOCATION_BYTES)
        return data.decode("utf-8", "replace") if data else None

    def keep(self, place: str, sha256: str, location: str | None) -> None:
        """Keep the location of an unfinished upload; None forgets it. Only the user can read it."""
        name = self._upload(place, sha256)
        if location is not None:
            self._write(name, location.encode("utf-8"), partial(replace_file, mode=0o600))
        elif self._folder is not None:
            with suppress(OSError):
                (self._folder / name).unlink(missing_ok=True)

    def _upload(self, place: str, sha256: str) -> str:
        return f"uploads/{digest_bytes(f'{place} {sha256}'.encode())}"

    def _read(self, name: str, limit: int) -> bytes | None:
        with suppress(ObreleaseError):
            return read_bounded(self._folder / name, limit) if self._folder else None
        return None

    def _write(self, name: str, data: bytes, write: Callable[[Path, bytes], None]) -> None:
        if self._folder is None:
            return
        path = self._folder / name
        with suppress(ObreleaseError, OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write(path, data)
            if sum(1 for _ in os.scandir(path.parent)) > _MAX_KEPT:
                _remove_oldest(path.parent)


_MAX_KEPT: Final = 20_000


def _remove_oldest(folder: Path) -> None:
    """Halve the number of files; pages that are missed are read again."""
    with os.scandir(folder) as found:
        ages = sorted((item.stat(follow_symlinks=False).st_mtime_ns, item.path) for item in found)
    for _, path in ages[: len(ages) // 2]:
        Path(path).unlink(missing_ok=True)
