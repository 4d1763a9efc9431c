"""The digest of the sources that this process runs, and whether a source tree has the same sources.

The commit of a run is that of the code that measured, not that of the current directory. So a tree may
give its commit only if its sources are, byte for byte, those that run.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import obengine
from obengine import cores
from obrelease.bundle import source_digests
from obrelease.bundle.source_digests import CORE_FOLDER, CORE_PATTERNS, PACKAGES
from obrelease.recorder.engine_adapter import AUTO
from obrelease.storage.hashing import digest_file


@cache
def sources_digest() -> str:
    """The sha256 of the output of `sha256sum` for the Python sources of both packages, sorted by name.

    Names are relative to the package and start with its name. Read once in a process.
    """
    roots = {"obrelease": Path(__file__).parents[1], "obengine": Path(str(obengine.__file__)).parent}
    return _digest_of(roots)


def native_build_for(core: str) -> cores.NativeBuild | None:
    """The build record of the native core if `core` (a name, or `auto`) selects it and it has one."""
    return cores.native_build() if core in {AUTO, cores.NATIVE} else None


def source_mismatch(tree: Path, core: str) -> str | None:
    """Why this process does not run the sources in `tree`; None if it does.

    The reason is empty if the folder does not hold this project at all.
    """
    roots = {package: tree / place for package, place in PACKAGES.items()}
    if not all((root / "__init__.py").is_file() for root in roots.values()):
        return ""
    if _digest_of(roots) != sources_digest():
        return "the running program was not loaded from the sources in this folder"
    if not _selects_native(core):
        return None
    build = cores.native_build()
    if build is None:
        return "the native core has no build record; build it again"
    if build.sources_digest != core_sources_digest(tree / CORE_FOLDER):
        return "the native core was built from other sources than those in this folder; build it again"
    return None


def core_sources_digest(folder: Path) -> str:
    """The digest that a core built from `folder` carries; see `engine/build_record.cmake`."""
    found = (path for pattern in CORE_PATTERNS for path in folder.glob(pattern))
    return _digest((path.relative_to(folder).as_posix(), path) for path in found)


def _selects_native(core: str) -> bool:
    return core in {AUTO, cores.NATIVE} and cores.native_unavailable_reason() is None


def _digest_of(roots: dict[str, Path]) -> str:
    return _digest(
        (f"{package}/{path.relative_to(root).as_posix()}", path)
        for package, root in roots.items()
        for path in root.rglob("*.py")
    )


def _digest(files: Iterable[tuple[str, Path]]) -> str:
    return source_digests.digest({name: digest_file(path)[0] for name, path in files})
