"""`obrelease` as a process of its own that talks to the loopback GitHub: `python -m ... ARGUMENTS`.

Names below `localhost` are of this machine, and nothing is waited for; all else is the program as it is.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import obrelease.remote.github as github_package
from obrelease.cli.app import execute
from obrelease.remote.github.request_timing import RequestTiming
from tests.loopback_github.running import REPOSITORY
from tests.loopback_github.server import TOKEN

ROOT = Path(__file__).resolve().parents[2]


def without_waits(**_: object) -> RequestTiming:
    """A pace without any wait."""
    return RequestTiming(write_spacing_s=0.0, wait=lambda _: None)


def started(root: Path, home: Path, api: str, *arguments: str, **more: str) -> subprocess.Popen[str]:
    """Start a client in a project; it publishes to the loopback GitHub at `api`."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.loopback_github.client", *arguments],
        cwd=root,
        env={**surroundings(home, api), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def surroundings(home: Path, api: str) -> Mapping[str, str]:
    """The environment of a client."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
        "NO_PROXY": "*",
        "OBRELEASE_FORGE": "github",
        "OBRELEASE_REPOSITORY": REPOSITORY,
        "OBRELEASE_API": api,
        "OBRELEASE_TOKEN": TOKEN,
    }


def settle() -> None:
    """Find the loopback GitHub by its names, and wait for nothing."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
        own = isinstance(host, str) and host.endswith("localhost")
        return resolve("127.0.0.1" if own else host, *arguments, **named)

    socket.getaddrinfo = getaddrinfo
    github_package.RequestTiming = without_waits  # type: ignore[assignment, misc]


if __name__ == "__main__":
    settle()
    sys.exit(execute(sys.argv[1:]))
