"""Many clients as processes of their own, forked from one that has loaded the program: loading costs most.

A program as well: `python -m tests.loopback_github.forked`. It reads a JSON line for each act: to start
a client, answered with its process id, or to wait for one, answered with its status.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from obrelease.cli.app import execute
from tests.loopback_github.client import settle, surroundings

LOADED: Final = (
    "obrelease.release.publish.publish_release",
    "obrelease.remote.github",
    "git",
)
"""What a client would load when it is asked to publish."""


@dataclass(slots=True)
class Client:
    """One running command line."""

    pid: int
    output_file: Path
    clients: Clients
    returncode: int | None = None

    def communicate(self) -> tuple[str, str]:
        """Wait for its end; what it said on stdout and stderr."""
        self.returncode = self.clients.asked(wait=self.pid)
        out, err = (self.output_file.with_suffix(f".{name}") for name in ("out", "err"))
        return out.read_text("utf-8"), err.read_text("utf-8")

    def kill(self) -> None:
        """Kill -9, and return when it is dead."""
        descriptor = os.pidfd_open(self.pid)
        try:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
            select.select([descriptor], [], [])
        finally:
            os.close(descriptor)


class Clients:
    """Starts clients.

    Args:
        folder: where they leave what they say.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._started = folder, 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.loopback_github.forked"],
            env=surroundings(folder, "http://localhost:1"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def asked(self, **wish: Any) -> int:
        """One line there, one number back."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def start(self, root: Path, home: Path, api: str, *arguments: str, **more: str) -> Client:
        """A client in a project; it publishes to the loopback GitHub at `api`."""
        self._started += 1
        output_file = self._folder / f"client-{self._started}"
        environment = {**surroundings(home, api), **more}
        pid = self.asked(
            start=list(arguments), root=str(root), output_file=str(output_file), environment=environment
        )
        return Client(pid, output_file, self)

    def close(self) -> None:
        """No more clients."""
        self._process.communicate()
        assert self._process.returncode == 0


@contextmanager
def forked_clients(folder: Path) -> Iterator[Clients]:
    """Clients while the block lasts."""
    clients = Clients(folder)
    try:
        yield clients
    finally:
        clients.close()


def _forked(wish: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    os.environ.clear()
    os.environ.update(wish["environment"])
    os.chdir(wish["root"])
    for number, name in enumerate(("in", "out", "err")):
        path = Path(os.devnull) if number == 0 else Path(wish["output_file"]).with_suffix(f".{name}")
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC), number)
    code = execute(wish["start"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Answer every line."""
    settle()
    for name in LOADED:
        importlib.import_module(name)
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    for line in iter(sys.stdin.readline, ""):
        wish = json.loads(line)
        if "start" in wish:
            answer = _forked(wish)
        else:
            answer = os.waitstatus_to_exitcode(os.waitpid(wish["wait"], 0)[1])
        answers.write(f"{answer}\n")
        answers.flush()


if __name__ == "__main__":
    main()
