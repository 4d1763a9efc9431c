"""One execution of a command: what it used, and that nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from obrelease.errors import NotFound, ProcessKilled, StorageError, UsageError
from obrelease.measurement.host_lock import LOCK_NAME, host_lock
from obrelease.measurement.process import Command, run_once
from obrelease.storage.reporter import SILENT
from tests.program import import_path

ALLOCATE = "import sys; memory = bytearray(int(sys.argv[1]) * 2**20)"
MEASURES_A_LONG_COMMAND = """\
import sys
from pathlib import Path
from obrelease.measurement.process import Command, run_once
script = "sleep 300 & echo $! $$ > new && mv new pids && wait"
run_once(Command(("sh", "-c", script), Path(sys.argv[1])))
"""


def shell(script: str, folder: Path) -> Command:
    return Command(("sh", "-c", script), folder)


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", -9)])
def test_the_exit_code_is_that_of_the_command(script: str, code: int, tmp_path: Path) -> None:
    assert run_once(shell(script, tmp_path)).code == code


def test_the_times_are_those_of_the_command(tmp_path: Path) -> None:
    done = run_once(Command(("sleep", "0.2"), tmp_path))
    assert done.wall_s >= 0.2
    busy = run_once(Command((sys.executable, "-S", "-c", "for _ in range(4_000_000): pass"), tmp_path))
    assert busy.user_s > done.user_s


def test_the_memory_is_that_of_the_command_and_not_of_who_measures(tmp_path: Path) -> None:
    held = bytearray(200 * 2**20)
    small = run_once(Command(("true",), tmp_path)).peak_bytes
    large = run_once(Command((sys.executable, "-S", "-c", ALLOCATE, "100"), tmp_path)).peak_bytes
    assert small < 40 * 2**20 < 100 * 2**20 <= large < len(held)


def test_folder_environment_and_streams(tmp_path: Path) -> None:
    command = Command(("sh", "-c", "pwd; echo $NAME; cat; echo wrong >&2"), tmp_path, {"NAME": "a b"})
    with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as errors:
        assert run_once(command, stdout=printed, stderr=errors).code == 0
        printed.seek(0)
        errors.seek(0)
        assert printed.read().decode() == f"{tmp_path.resolve()}\na b\n"
        assert errors.read() == b"wrong\n"


def test_a_command_has_the_default_signals(tmp_path: Path) -> None:
    """Python ignores SIGPIPE, and an ignored signal would stay ignored in the command."""
    assert run_once(shell("kill -PIPE $$", tmp_path)).code == -signal.SIGPIPE
    assert run_once(shell("kill -INT $$", tmp_path)).code == -signal.SIGINT


def test_a_command_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no-such-program"):
        run_once(Command(("no-such-program",), tmp_path))
    with pytest.raises(StorageError, match="Permission denied"):
        run_once(Command((str(tmp_path),), tmp_path))
    with pytest.raises(NotFound, match="folder to measure in"):
        run_once(Command(("true",), tmp_path / "missing"))
    with pytest.raises(UsageError, match="NUL"):
        run_once(Command(("true", "a\0b"), tmp_path))


def test_what_a_command_leaves_running_is_ended(tmp_path: Path) -> None:
    run_once(shell("sleep 300 & echo $! > pid", tmp_path))
    wait_for(lambda: not runs((tmp_path / "pid").read_text().strip()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupt_and_a_kill_leave_no_process(number: signal.Signals, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", MEASURES_A_LONG_COMMAND, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": import_path()},
        stderr=subprocess.DEVNULL,
    ) as measuring:
        wait_for(lambda: (tmp_path / "pids").exists() or measuring.poll() is not None)
        measuring.send_signal(number)
    pids = (tmp_path / "pids").read_text().split()
    assert len(pids) == 2
    wait_for(lambda: not any(map(runs, pids)))


def test_a_command_whose_launcher_is_killed_is_killed_and_named(tmp_path: Path) -> None:
    """The launcher is the parent of the command; the command knows it."""
    script = "echo $$ > pid; kill -9 $PPID; sleep 300"
    with pytest.raises(ProcessKilled, match="was killed"):
        run_once(shell(script, tmp_path))
    assert not runs((tmp_path / "pid").read_text().strip())


def test_the_lock_of_the_host_is_held_by_what_ends_the_command_and_not_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a lock whose holder was killed is free when the launcher has ended the command, and not before."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    script = "readlink /proc/$PPID/fd/* > launcher; readlink /proc/self/fd/* > command; true"
    with host_lock("first", wait_s=0, reporter=SILENT):
        run_once(shell(script, tmp_path))
    assert str(tmp_path / LOCK_NAME) in (tmp_path / "launcher").read_text().split()
    assert str(tmp_path / LOCK_NAME) not in (tmp_path / "command").read_text().split()
    run_once(shell(script, tmp_path))
    assert str(tmp_path / LOCK_NAME) not in (tmp_path / "launcher").read_text().split()


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it did not come to pass")


def runs(pid: str) -> bool:
    asked = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, check=False)
    return asked.stdout.strip()[:1] not in {"", "Z"}
