"""The rig of a failing disk, as a test drives it: one cell after the other in a program that is started once.

Every change (open for writing, write, fsync, rename, link, unlink, mkdir, chmod) below the project
and the temporary folder is counted by a library in front of the C library; the N-th one fails or kills.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from obrelease.errors import ExitCode

ROOT: Final = Path(__file__).resolve().parents[2]
ERRORS: Final = ("ENOSPC", "EIO", "EROFS", "EMFILE")


def built_library(folder: Path) -> Path:
    """The library that is loaded in front of the C library."""
    made, source = folder / "disk.so", Path(__file__).with_name("disk.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(made), str(source), "-ldl"], check=True)
    return made


class Cells:
    """A program that tries one cell after the other on copies of a template.

    Args:
        folder: holds `template`, with the project in it.
        acts: what will be tried, of `disk_cells.ACTS`.
        assets: how many files the whole release has.
    """

    def __init__(self, library: Path, folder: Path, acts: tuple[str, ...], assets: int) -> None:
        scratch, self.assets = folder / "scratch", assets
        scratch.mkdir()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
            "LD_PRELOAD": str(library),
            "MPLCONFIGDIR": str(folder),
        }
        program = [sys.executable, "-m", "tests.faults.disk_cells", str(folder / "template"), str(scratch)]
        self.process = subprocess.Popen(
            [*program, *acts], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def tried(self, command: str, after: int, error: str = "", call: str = "") -> dict[str, Any]:
        """One cell: what the command said, and what it left behind."""
        cell = {"command": command, "after": after, "errno": getattr(errno, error, 0), "call": call}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(cell) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert isinstance(answer, dict)
        return answer

    def total(self, command: str) -> int:
        """How many changes a whole run makes."""
        answer = self.tried(command, 0)
        assert answer["code"] == 0, answer
        return int(answer["changes"])


@contextmanager
def running_cells(library: Path, folder: Path, acts: tuple[str, ...], assets: int) -> Iterator[Cells]:
    """The cells while the block lasts."""
    cells = Cells(library, folder, acts, assets)
    yield cells
    cells.process.communicate()
    assert cells.process.returncode == 0


def refuse(cells: Cells, command: str, indices: Iterable[int], errors: Iterable[str]) -> int:
    """Let each of these changes fail with each of these errors; gives how many cells were tried."""
    tried = 0
    for error in errors:
        for index in indices:
            answer = cells.tried(command, index, error)
            assert "Traceback" not in answer["said"], answer
            if answer["code"] != 0:  # clearing away what is in the way of nobody may fail in silence
                assert answer["code"] == ExitCode.STORAGE, (error, index, answer)
                assert "\nerror: " in "\n" + answer["said"], answer
                temporary = "/obrelease-scratch-" in answer["said"]
                assert not temporary or "\nhint: " in answer["said"], (error, index, answer)
            _assert_not_bad(cells, answer)
            tried += 1
    return tried


def kill(cells: Cells, command: str, indices: Iterable[int]) -> int:
    """End the process at each of these changes; gives how many cells were tried."""
    killed = 0
    for index in indices:
        answer = cells.tried(command, index)
        assert answer["code"] == -9, (index, answer)
        _assert_not_bad(cells, answer)
        killed += 1
    return killed


def _assert_not_bad(cells: Cells, answer: dict[str, Any]) -> None:
    """Nothing half is public, and the next run needs no repair."""
    assert answer["public"] in {0, cells.assets}, answer
    assert (answer["again"], answer["verified"]) == (0, 0), answer
