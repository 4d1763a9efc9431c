"""Builds the native core of one of our trees with its own settings, where the tree imports it."""

from __future__ import annotations

import shutil
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from obrelease.measurement.build_tree import error_of_build, run_build
from obrelease.measurement.process import Command
from obrelease.storage.temporary import temporary_folder

_MEMBER: Final = "obengine/_native"


def build_native(source: Path) -> str | None:
    """Build the tree as an installation does and extract its core into it; returns the error, or None.

    Both revisions of a comparison are built by the same commands. The build stays out of the tree, except
    for the module, which the tree's own `.gitignore` names. Temporary files of pip and the compilers are in
    a temporary folder, which is removed also if they are killed.

    Raises:
        StorageError: there is no place for a temporary folder.
    """
    with temporary_folder() as folder:
        words = [sys.executable, "-m", "pip", "wheel", "--verbose", "--no-deps", "--wheel-dir", str(folder)]
        words += ["--no-build-isolation"] if _build_tools_installed() else []
        code, output = run_build(Command((*words, str(source)), Path.cwd(), {"TMPDIR": str(folder)}))
        for wheel in folder.glob("*.whl"):
            if _extract_module(wheel, source / "engine"):
                return None
    return error_of_build(output) if output.strip() else f"pip ended with {code}"


def _build_tools_installed() -> bool:
    return all(map(find_spec, ("scikit_build_core", "nanobind"))) and shutil.which("cmake") is not None


def _extract_module(wheel: Path, target: Path) -> bool:
    """Extract the module from the wheel; False if it has none."""
    with zipfile.ZipFile(wheel) as members:
        names = [
            name for name in members.namelist() if name.startswith(_MEMBER) and not name.endswith(".pyi")
        ]
        for name in names:
            members.extract(name, target)
    return bool(names)
