"""Digests of source code: which files of a tree they cover, and under which names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Final

from obrelease.bundle import sha256sums
from obrelease.storage.hashing import digest_bytes

PACKAGES: Final = {"obrelease": "obrelease", "obengine": "engine/obengine"}
"""Folders of the Python packages in a checkout of this program."""

CORE_FOLDER: Final = "engine"
CORE_PATTERNS: Final = (
    "CMakeLists.txt", "build_record.cmake", "bindings*.cpp", "bindings*.hpp",
    "include/obengine/*.hpp", "include/obengine/*/*.hpp",
)  # fmt: skip
"""Files that `engine/build_record.cmake` hashes, in this layout and in that of older commits."""


def digest(files: Mapping[str, str]) -> str:
    """The sha256 of the `sha256sum` output for these files (sha256 by name), sorted by name."""
    return digest_bytes(sha256sums.render(files))


def python_sources(paths: Iterable[str]) -> dict[str, str] | None:
    """The paths in a tree that `sources_digest` covers, by their names in the digest.

    None if the tree is not one of this program.
    """
    known = set(paths)
    if not all(f"{place}/__init__.py" in known for place in PACKAGES.values()):
        return None
    return {
        package + path.removeprefix(place): path
        for package, place in PACKAGES.items()
        for path in known
        if path.startswith(f"{place}/") and path.endswith(".py")
    }


def core_sources(paths: Iterable[str]) -> dict[str, str] | None:
    """The paths in a tree that `core_digest` covers, by their names in the digest.

    None if the tree has no core that records its sources.
    """
    names = {
        path.removeprefix(f"{CORE_FOLDER}/"): path for path in paths if path.startswith(f"{CORE_FOLDER}/")
    }
    if "build_record.cmake" not in names:
        return None
    return {name: path for name, path in names.items() if any(_matches(name, each) for each in CORE_PATTERNS)}


def _matches(name: str, pattern: str) -> bool:
    """Match as a shell does: `*` does not match a slash."""
    return name.count("/") == pattern.count("/") and fnmatchcase(name, pattern)
