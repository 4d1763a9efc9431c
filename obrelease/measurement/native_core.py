"""Builds the native core of one of our trees with its own settings, where the tree imports it."""

from __future__ import annotations

import shutil
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from obrelease.measurement.build_tree import run_build
from obrelease.measurement.process import Command
from obrelease.storage.temporary import temporary_folder

_MEMBER: Final = "obengine/_native"
_ERROR_MARKS: Final = ("CMake Error", "error:", "ERROR:", "No module named", "No such file")
_MAX_ERROR_CHARACTERS: Final = 300


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
    return _build_error(output) or f"pip ended with {code}"


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


def _build_error(output: str) -> str:
    """The first error line and the two that follow (CMake names the cause there), or the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for at, line in enumerate(lines):
        if any(mark in line for mark in _ERROR_MARKS):
            return " ".join(lines[at : at + 3])[:_MAX_ERROR_CHARACTERS]
    return lines[-1][:_MAX_ERROR_CHARACTERS] if lines else ""
