"""Debian's `docker-registry` as a process of this test run, ended by its own id."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_START_S: Final = 30.0
SECRET: Final = "a-fixed-secret"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class DockerRegistry:
    """One server with its own folder and port; it can be killed and started again.

    Attributes:
        auth: lines of YAML below `auth:`; none for a registry that is open to all.
    """

    folder: Path
    auth: str = ""
    port: int = field(default_factory=_free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def place(self, path: str = "team/results") -> str:
        """A repository of it."""
        return f"oci://{self.host}/{path}"

    @property
    def data(self) -> Path:
        """Where it keeps blobs and manifests."""
        return self.folder / "data"

    @property
    def config(self) -> Path:
        """Its configuration, as `garbage-collect` wants it."""
        return self.folder / "config.yml"

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            FileNotFoundError: `docker-registry` is not installed.
        """
        program = shutil.which("docker-registry")
        if program is None:
            raise FileNotFoundError("docker-registry is missing: apt-get install docker-registry skopeo")
        self.folder.mkdir(parents=True, exist_ok=True)
        auth = f"auth:\n{self.auth}" if self.auth else ""
        self.config.write_text(
            "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
            f"storage: {{filesystem: {{rootdirectory: {self.data}}}, delete: {{enabled: true}}}}\n"
            f'http: {{addr: "{self.host}", secret: {SECRET}}}\n{auth}'
        )
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [program, "serve", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"]},
            )
        end = time.monotonic() + _START_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((self.folder / "log").read_text("utf-8"))
            time.sleep(0.02)

    def kill(self) -> None:
        """End it as a power cut does, without a chance to finish anything."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def collect_garbage(self, *, untagged: bool) -> None:
        """Run the registry's own garbage collection, as an administrator does."""
        program = shutil.which("docker-registry") or "docker-registry"
        options = ["--delete-untagged"] if untagged else []
        subprocess.run(
            [program, "garbage-collect", *options, str(self.config)], check=True, capture_output=True
        )

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False


@contextmanager
def docker_registry(folder: Path, auth: str = "") -> Iterator[DockerRegistry]:
    """A server until the end of the block."""
    server = DockerRegistry(folder, auth)
    server.start()
    try:
        yield server
    finally:
        server.kill()
