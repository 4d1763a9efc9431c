"""The native core of a source tree, built by the tree's own settings and put where the tree imports it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from obrelease.storage.temporary import temporary_folder

_MEMBER: Final = "obengine/_native"
_TELLING: Final = ("CMake Error", "error:", "ERROR:", "No module named", "No such file")
_TOLD: Final = 300


def build_native(source: Path) -> str | None:
    """Build the tree as an installation does and lay its core into it; None if it worked, else why not.

    The same commands for both sides of a comparison, so that neither gains by how it was built. What is
    built stays out of the tree, except for the module, which the tree's own `.gitignore` names. What pip
    and the compilers lay aside is in the temporary folder too, and goes with it when they are killed.

    Raises:
        StorageError: there is no place for a temporary folder.
    """
    with temporary_folder() as folder:
        words = ["env", f"TMPDIR={folder}", sys.executable, "-m", "pip", "wheel", "--verbose"]
        words += ["--no-deps", "--wheel-dir", str(folder)]
        words += ["--no-build-isolation"] if _tools_are_here() else []
        code, output = _run([*words, str(source)])
        for wheel in folder.glob("*.whl"):
            if _lay(wheel, source / "engine"):
                return None
    return _reason(output) or f"pip ended with {code}"


def _run(words: Sequence[str]) -> tuple[int, str]:
    """Exit code and output; whoever interrupts ends the compilers too, which would write on."""
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    ) as child:
        try:
            output, _ = child.communicate()
        except BaseException:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            raise
    return child.returncode, output


def _tools_are_here() -> bool:
    return all(map(find_spec, ("scikit_build_core", "nanobind"))) and shutil.which("cmake") is not None


def _lay(wheel: Path, target: Path) -> bool:
    """Take the module out of the wheel; False where it has none."""
    with zipfile.ZipFile(wheel) as members:
        names = [
            name for name in members.namelist() if name.startswith(_MEMBER) and not name.endswith(".pyi")
        ]
        for name in names:
            members.extract(name, target)
    return bool(names)


def _reason(output: str) -> str:
    """The first line of an error and the two behind it, where CMake tells the cause, or the last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for at, line in enumerate(lines):
        if any(word in line for word in _TELLING):
            return " ".join(lines[at : at + 3])[:_TOLD]
    return lines[-1][:_TOLD] if lines else ""
