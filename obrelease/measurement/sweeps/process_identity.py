"""Which process holds a claim, and whether it still runs, as far as this machine can tell."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import Final

from obrelease.models.artefact import Text
from obrelease.models.base import Document

_UNKNOWN: Final = ""
_START_TIME_FIELD: Final = 19
"""The place of `starttime` behind the name of the program: proc_pid_stat(5), field 22."""


class ProcessIdentity(Document):
    """A process, distinguished from any other that had or will have its number.

    Attributes:
        host: the name of the machine, for people.
        boot: the id of this start of the machine; empty if the system has none.
        pid: the number of the process.
        namespace: in which the number counts: containers of one machine number their processes alike.
        started: when the process started, in the ticks of its machine; empty if it is not known.
    """

    host: Text
    boot: Text = _UNKNOWN
    pid: int
    namespace: Text = _UNKNOWN
    started: Text = _UNKNOWN

    def __str__(self) -> str:
        return f"{self.host}, process {self.pid}"


def this_process() -> ProcessIdentity:
    """The identity of this process."""
    return ProcessIdentity(
        host=platform.node(),
        boot=_boot(),
        pid=os.getpid(),
        namespace=_namespace(),
        started=_start_time(os.getpid()) or _UNKNOWN,
    )


def is_running(other: ProcessIdentity, here: ProcessIdentity) -> bool | None:
    """Whether a process still runs; None if this machine cannot know.

    Args:
        here: this process.
    """
    if not here.boot or not here.started or not other.started:
        return None
    if (other.boot, other.namespace) != (here.boot, here.namespace):
        return None
    return _start_time(other.pid) == other.started


def _boot() -> str:
    return _text(Path("/proc/sys/kernel/random/boot_id")).strip()


def _namespace() -> str:
    """The namespace in which this process has its number; only Linux has them."""
    with suppress(OSError):
        return str(Path("/proc/self/ns/pid").readlink())
    return _UNKNOWN


def _start_time(pid: int) -> str | None:
    """When a process started; None if there is none, or it has ended and waits for its parent."""
    fields = _text(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    if len(fields) <= _START_TIME_FIELD or fields[0] in {"Z", "X"}:
        return None
    return fields[_START_TIME_FIELD]


def _text(path: Path) -> str:
    with suppress(OSError):
        return path.read_text("utf-8", "replace")
    return ""
