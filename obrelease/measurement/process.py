"""One execution of a command: its exit code, its times and its memory."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from time import monotonic, sleep
from typing import BinaryIO, Final

from obrelease.errors import NotFound, ProcessKilled, StorageError, UsageError
from obrelease.measurement.host_lock import held_lock
from obrelease.storage.operating_system import refuse_windows
from obrelease.storage.system_errors import storage_errors

_LAUNCHER: Final = Path(__file__).with_name("launcher.py")
_ABANDONED_S: Final = 5.0
_ABANDONED_POLL_S: Final = 0.01
_RSS_BYTES: Final = 1 if sys.platform == "darwin" else 1024
"""The unit of `ru_maxrss`: getrusage(2) of each system."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What one process used, with its children that it waited for.

    Attributes:
        code: the exit code; negative for a signal.
        wall_s: from the start of the program to its end.
        user_s, system_s: processor time.
        peak_bytes: the largest resident set of one of the processes.
        preemptions: involuntary context switches: somebody else needed the processor.
    """

    code: int
    wall_s: float
    user_s: float
    system_s: float
    peak_bytes: int
    preemptions: int


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it is started, without a shell around it.

    Attributes:
        words: the program and its arguments.
        folder: the working folder.
        environment: variables that are added to the inherited ones.
    """

    words: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def run_once(
    command: Command, *, stdout: BinaryIO | None = None, stderr: BinaryIO | None = None
) -> Execution:
    """Run a command in a process group of its own and wait for its end.

    If this is interrupted, or this process is killed, the whole group is killed. What the command leaves
    running in its group is killed when the command ends, so that it cannot disturb the next one.

    Args:
        stdout, stderr: files for what it prints; `/dev/null` if None. Its input is always empty.

    Raises:
        NotFound: there is no such program or folder.
        StorageError: the program cannot be executed.
        ProcessKilled: the launcher itself was killed; so is the command.
    """
    if sys.platform == "win32":
        refuse_windows("a measurement")
    with _pipes() as (control, keep_open, report, write_report):
        lock = held_lock()
        passed = control.fileno(), write_report.fileno(), *(() if lock is None else (lock,))
        words = ["env", *(f"{name}={value}" for name, value in sorted(command.environment.items()))]
        words += [sys.executable, "-I", "-S", str(_LAUNCHER), ",".join(map(str, passed)), *command.words]
        try:
            child = subprocess.Popen(
                words,
                cwd=command.folder,
                stdin=subprocess.DEVNULL,
                stdout=stdout or subprocess.DEVNULL,
                stderr=stderr or subprocess.DEVNULL,
                pass_fds=passed,
                process_group=0,
            )
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFound(f"{command.folder}: the folder to measure in does not exist") from error
        except OSError as error:
            raise StorageError(f"{command.words[0]}: cannot be started: {error.strerror}") from error
        except ValueError as error:
            raise UsageError(f"the command has a NUL character: {command.words!r:.80}") from error
        control.close()
        write_report.close()
        with child:
            try:
                facts = _read_report(report)
                child.wait()
            finally:
                keep_open.close()  # the launcher kills the command if it is still running
        if "end" not in facts:
            _kill_abandoned(facts)
    return _execution(command, facts)


@contextmanager
def _pipes() -> Iterator[tuple[FileIO, FileIO, FileIO, FileIO]]:
    """Both ends of the control pipe and of the report pipe: read, write, read, write."""
    with ExitStack() as opened:
        with storage_errors(Path("pipe"), "cannot be made"):
            ends = [end for _ in range(2) for end in zip(os.pipe(), "rw", strict=True)]
            files = [opened.enter_context(FileIO(number, mode)) for number, mode in ends]
        yield files[0], files[1], files[2], files[3]


def _kill_abandoned(facts: Mapping[str, str]) -> None:
    """Kill a command whose launcher was killed, with what it started in its group, and wait for their end.

    They are not children of this process, so the wait ends when whoever inherited them has seen their end.
    """
    if sys.platform == "win32":
        refuse_windows("a measurement")
    if "pid" not in facts:
        return
    deadline = monotonic() + _ABANDONED_S
    with suppress(ProcessLookupError, PermissionError):
        while monotonic() < deadline:
            os.killpg(int(facts["pid"]), signal.SIGKILL)
            sleep(_ABANDONED_POLL_S)


def _read_report(report: FileIO) -> dict[str, str]:
    lines = report.readall().decode("ascii", "replace").splitlines()
    return {name: value for name, _, value in (line.partition(" ") for line in lines)}


def _execution(command: Command, facts: Mapping[str, str]) -> Execution:
    program = command.words[0]
    if "error" in facts:
        reason = os.strerror(int(facts["error"]))
        if int(facts["error"]) == errno.ENOENT:
            raise NotFound(
                f"{program}: {reason}", hint="name the program by its path, or use a shell command"
            )
        raise StorageError(f"{program}: cannot be executed: {reason}")
    if "end" not in facts or "start" not in facts:
        raise ProcessKilled(f"{program}: the process that measures it was killed", hint="measure again")
    return Execution(
        code=int(facts["code"]),
        wall_s=float(facts["end"]) - float(facts["start"]),
        user_s=float(facts["user"]),
        system_s=float(facts["system"]),
        peak_bytes=int(facts["peak"]) * _RSS_BYTES,
        preemptions=int(facts["preempted"]),
    )
