"""The emulated GitHub (npm `emulate`) as a process of this test run, ended by its own id."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.loopback_github.contract import EMULATOR

TOKEN: Final = "emulated-token"
REPOSITORY: Final = "octocat/ob"
_PROGRAM: Final = EMULATOR / "node_modules/emulate/dist/index.js"
_START_S: Final = 60.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert isinstance(port, int)
    return port


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("localhost", port), timeout=1):
            return True
    except OSError:
        return False


@contextmanager
def emulated_github(folder: Path) -> Iterator[str]:
    """Serve from a free port until the end of the block; gives the API's base address.

    Raises:
        FileNotFoundError: the server or node is not installed.
    """
    node = shutil.which("node")
    if node is None or not _PROGRAM.is_file():
        raise FileNotFoundError(f"node or {_PROGRAM} is missing: run scripts/install_test_servers.sh")
    port = _free_port()
    seed = EMULATOR / "seed.yaml"
    log = folder / "emulate.log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [node, str(_PROGRAM), "start", "-s", "github", "-p", str(port), "--seed", str(seed)],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
        )
    try:
        waited_until = time.monotonic() + _START_S
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > waited_until:
                raise RuntimeError(f"the emulated GitHub did not start: {log.read_text('utf-8')[-2000:]}")
            time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
