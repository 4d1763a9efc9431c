"""`bundle` and `publish` on a disk that fails or loses power of the process at any change it makes.

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
from pathlib import Path
from typing import Any

import pytest

from obrelease.errors import ExitCode
from tests.unit.release.project import git, make_project

ROOT = Path(__file__).resolve().parents[2]
ERRORS = ("ENOSPC", "EIO", "EROFS", "EMFILE")
ASSETS = 5


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("library") / "disk.so"
    source = Path(__file__).with_name("disk.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(made), str(source), "-ldl"], check=True)
    return made


class Cells:
    """A program that tries one cell after the other; it is started once."""

    def __init__(self, library: Path, folder: Path) -> None:
        template, scratch = folder / "template", folder / "scratch"
        git(make_project(template).root, "remote", "set-url", "origin", "../remote.git")
        scratch.mkdir()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
            "LD_PRELOAD": str(library),
            "MPLCONFIGDIR": str(folder),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.disk_cells", str(template), str(scratch)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def tried(self, command: str, after: int, error: str = "", call: str = "") -> dict[str, Any]:
        cell = {"command": command, "after": after, "errno": getattr(errno, error, 0), "call": call}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(cell) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert isinstance(answer, dict)
        return answer


@pytest.fixture(scope="module")
def cells(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cells]:
    cells = Cells(library, tmp_path_factory.mktemp("cells"))
    yield cells
    cells.process.communicate()
    assert cells.process.returncode == 0


def assert_not_bad(answer: dict[str, Any]) -> None:
    """Nothing half is public, and the next run needs no repair."""
    assert answer["public"] in {0, ASSETS}, answer
    assert (answer["again"], answer["verified"]) == (0, 0), answer


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
            assert_not_bad(answer)
            tried += 1
    return tried


def kill(cells: Cells, command: str, indices: Iterable[int]) -> int:
    killed = 0
    for index in indices:
        answer = cells.tried(command, index)
        assert answer["code"] == -9, (index, answer)
        assert_not_bad(answer)
        killed += 1
    return killed


@pytest.mark.parametrize("command", ["bundle", "publish"])
def test_killed_at_twenty_changes(cells: Cells, command: str) -> None:
    """Bar: 0 bad in 20, spread over the whole run."""
    total = cells.tried(command, 0)["changes"]
    assert total >= 40
    assert kill(cells, command, [1 + total * number // 20 for number in range(20)]) == 20


@pytest.mark.nightly
@pytest.mark.parametrize("command", ["bundle", "publish"])
def test_killed_at_every_change_and_two_hundred_times(cells: Cells, command: str) -> None:
    """Bar: 0 bad at every change, and in at least 200 kills."""
    total = cells.tried(command, 0)["changes"]
    assert kill(cells, command, [1 + number % total for number in range(max(200, total))]) >= 200


@pytest.mark.parametrize("command", ["bundle", "publish"])
@pytest.mark.parametrize("error", ERRORS)
def test_some_changes_fail(cells: Cells, command: str, error: str) -> None:
    """Bar: a named error and exit code, 0 bad."""
    total = cells.tried(command, 0)["changes"]
    first = 1 + ERRORS.index(error)
    assert refuse(cells, command, range(first, total + 1, max(1, total // 8)), [error]) >= 8


@pytest.mark.nightly
@pytest.mark.parametrize("command", ["bundle", "publish"])
@pytest.mark.parametrize("error", ERRORS)
def test_every_change_fails(cells: Cells, command: str, error: str) -> None:
    """Bar: every cell a named error and exit code, 0 bad."""
    total = cells.tried(command, 0)["changes"]
    assert refuse(cells, command, range(1, total + 1), [error]) == total


def test_the_rig_sees_every_kind_of_change(cells: Cells) -> None:
    for call in ("open", "write", "fsync", "rename", "link", "unlink", "mkdir"):
        assert cells.tried("publish", 0, call=call)["changes"] > 0, call
