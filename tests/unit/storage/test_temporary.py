"""Scratch folders: private, gone at the end, and swept where a killed process left them."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from obrelease.errors import StorageError
from obrelease.storage.temporary import temporary_folder

HOLD = """\
import sys, tempfile
tempfile.tempdir = sys.argv[1]
from obrelease.storage.temporary import temporary_folder
with temporary_folder(for_libraries=True) as folder:
    (folder / "half").write_text("x")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def holder(home: Path) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def end(process: subprocess.Popen[str]) -> None:
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()
    process.wait()


def test_the_folder_is_empty_private_and_gone_at_the_end(home: Path) -> None:
    with temporary_folder(for_libraries=True) as folder:
        assert list(folder.iterdir()) == []
        assert folder.parent.stat().st_mode & 0o077 == 0
        with tempfile.NamedTemporaryFile() as file:
            assert Path(file.name).is_relative_to(folder.parent)
    assert list(home.iterdir()) == []
    assert tempfile.tempdir == str(home)


def test_the_folder_of_a_killed_process_is_removed_by_the_next(home: Path) -> None:
    process, left = holder(home)
    process.send_signal(signal.SIGKILL)
    end(process)
    assert (left / "half").exists()
    with temporary_folder(for_libraries=True):
        assert not left.exists()
    assert list(home.iterdir()) == []


def test_the_folder_of_a_running_process_stays(home: Path) -> None:
    process, used = holder(home)
    with temporary_folder(for_libraries=True):
        assert (used / "half").exists()
    assert (used / "half").exists()
    end(process)
    assert list(home.iterdir()) == []


def test_a_temporary_folder_that_cannot_be_made_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(home / "nowhere"))
    with pytest.raises(StorageError, match="nowhere"), temporary_folder(for_libraries=True):
        raise AssertionError
