"""One measurement on the host at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from obrelease.errors import Conflict, StorageError
from obrelease.measurement.host_lock import LOCK_NAME, host_lock
from obrelease.storage.reporter import SILENT, SilentReporter
from tests.program import import_path

HOLDS = """\
import sys
from obrelease.measurement.host_lock import host_lock
from obrelease.storage.reporter import SILENT
with host_lock("measure -- ./bench", wait_s=0, reporter=SILENT):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


@contextmanager
def held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The lock, held by another process until its standard input is closed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        env={**os.environ, "PYTHONPATH": import_path(), "TMPDIR": str(folder)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            yield holder
        finally:
            holder.kill()


def test_a_second_measurement_is_refused_and_the_first_is_named(tmp_path: Path) -> None:
    with (
        held(tmp_path) as holder,
        pytest.raises(Conflict, match=f"process {holder.pid}: measure -- ./bench"),
        host_lock("second", wait_s=0, reporter=SILENT),
    ):
        pytest.fail("two measurements at once")


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    with held(tmp_path) as holder:
        holder.kill()
        holder.wait()
        with host_lock("second", wait_s=0, reporter=SILENT):
            assert b"second" in (tmp_path / LOCK_NAME).read_bytes()
    assert (tmp_path / LOCK_NAME).read_bytes() == b""


def test_a_measurement_waits_for_the_one_that_runs(tmp_path: Path) -> None:
    class Ends(SilentReporter):
        def note(self, text: str) -> None:
            notes.append(text)
            assert holder.stdin is not None
            holder.stdin.close()

    notes: list[str] = []
    with held(tmp_path) as holder, host_lock("second", wait_s=60, reporter=Ends()):
        assert len(notes) == 1
        assert "measure -- ./bench" in notes[0]


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("kept")
    (tmp_path / LOCK_NAME).symlink_to(target)
    with pytest.raises(StorageError, match=LOCK_NAME), host_lock("x", wait_s=0, reporter=SILENT):
        pytest.fail("the link was followed")
    assert target.read_text() == "kept"


def test_a_name_with_control_characters_is_shown_without_them(tmp_path: Path) -> None:
    with (
        host_lock("a\x1b[31m\nb", wait_s=0, reporter=SILENT),
        pytest.raises(Conflict) as refused,
        host_lock("x", wait_s=0, reporter=SILENT),
    ):
        pytest.fail("two measurements at once")
    assert "a[31mb" in refused.value.message
