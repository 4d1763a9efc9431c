"""Code for a child process that pretends to be Windows or macOS: it hides what only Linux has, then goes on.

Packages of others are imported before, because they choose their own code by the name of the system. Ours
are imported again afterwards.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.program import START, environment

WINDOWS_LACKS_MODULES: Final = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog")
WINDOWS_LACKS: Final[Mapping[str, tuple[str, ...]]] = {
    "os": (
        *("fork", "wait4", "wait3", "killpg", "getuid", "geteuid", "getgid", "getegid", "setpgid", "setsid"),
        *("getpgid", "getsid", "nice", "getpriority", "sched_getaffinity", "sched_setaffinity", "mkfifo"),
        *("pread", "pwrite", "fchmod", "fchown", "chown", "statvfs", "sysconf", "getloadavg", "uname"),
        *("O_NOFOLLOW", "O_CLOEXEC", "O_DIRECTORY", "O_NONBLOCK", "WNOHANG", "sendfile", "posix_spawn"),
        *("fdatasync", "confstr", "ctermid"),
    ),
    "signal": (
        *("SIGKILL", "SIGCHLD", "SIGPIPE", "SIGXFSZ", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGQUIT"),
        *("SIGSTOP", "SIGTSTP", "pthread_sigmask", "pthread_kill", "setitimer", "sigwait"),
    ),
}
"""What CPython's documentation marks as `Availability: Unix`, as far as this project could use it."""

_HIDE: Final = """
import importlib, pkgutil, platform, sys
import asyncio, concurrent.futures, ctypes, multiprocessing.util, shutil, subprocess, tempfile
import obrelease, obrelease.cli.app, obrelease.api, obrelease.cli.commands, typer.rich_utils
for package in ("obrelease.cli.commands", "obrelease.importers", "obrelease.recorder", "obrelease.analysis"):
    for found in pkgutil.iter_modules(importlib.import_module(package).__path__, package + "."):
        importlib.import_module(found.name)
for name in list(sys.modules):
    if name.partition(".")[0] in ("obrelease", "obengine") and name != "obengine._native":
        del sys.modules[name]
import os, signal
system, modules, names = {system!r}, {modules!r}, {names!r}
platform.machine(), platform.system()
for module in modules:
    sys.modules[module] = None
for module, attributes in names.items():
    for attribute in attributes:
        sys.modules[module].__dict__.pop(attribute, None)
_open = os.open
def open_as_system(path, *arguments, **named):
    text = str(path)
    if system == "win32" and os.path.isdir(path):
        raise PermissionError(13, "Permission denied", text)
    return _open(path, *arguments, **named)
def no_proc(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and arguments[0].startswith(("/proc/", "/sys/")):
        raise FileNotFoundError(2, "No such file or directory", arguments[0])
os.open = open_as_system
sys.addaudithook(no_proc)
sys.platform = system
"""

WINDOWS: Final = _HIDE.format(system="win32", modules=WINDOWS_LACKS_MODULES, names=WINDOWS_LACKS)
MACOS: Final = _HIDE.format(
    system="darwin",
    modules=(),
    names={"os": ("sched_getaffinity", "sched_setaffinity", "fdatasync", "pidfd_open", "memfd_create")},
)


def run_as(
    system: str, *arguments: str | Path, cwd: Path | None = None, code: str = START
) -> subprocess.CompletedProcess[str]:
    """Run the program, or other code, in a process that looks like `WINDOWS` or `MACOS`."""
    return subprocess.run(
        [sys.executable, "-c", f"{system}\n{code}", *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
