"""Distributions and a package index of our own: uploaded by twine, as in the release, installed by pip."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from obrelease.storage.hashing import digest_file
from tests.integration.test_packaging import build_sdist, build_wheel
from tests.integration.test_packaging import source as source
from tests.program import ROOT

pytestmark = pytest.mark.nightly

SERVER: Final = "pypiserver[passlib]==2.4.2"
USER, PASSWORD = "__token__", "pypi-canary"
NO_NETWORK: Final = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9"),
    "PIP_NO_INDEX": "1",
}
"""Whatever asks a network fails at once."""


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def must(*command: str | Path, **environment: str) -> str:
    done = run(*command, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """An environment with the locked twine and the server; its `bin` folder."""
    must(sys.executable, "-m", "venv", tmp_path / "tools")
    pip = [tmp_path / "tools" / "bin" / "python", "-m", "pip", "install", "--quiet"]
    must(*pip, "--require-hashes", "--requirement", ROOT / "locks" / "publish.txt")
    must(*pip, SERVER)
    return tmp_path / "tools" / "bin"


@contextmanager
def package_index(tools: Path, folder: Path) -> Iterator[str]:
    """A pypiserver on the loopback that asks for a password before an upload; its address."""
    hashing = (
        "import sys; from passlib.hash import apr_md5_crypt as h; "
        "print(sys.argv[1] + ':' + h.hash(sys.argv[2]))"
    )
    (folder / "htpasswd").write_text(must(tools / "python", "-c", hashing, USER, PASSWORD))
    (folder / "packages").mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [
        "run",
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
        "-P",
        folder / "htpasswd",
        "-a",
        "update",
        folder / "packages",
    ]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen([tools / "pypi-server", *words], stdout=log, stderr=log)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/simple/", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "server.log").read_text()
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def test_twine_uploads_once_and_pip_installs_the_same_bytes(
    source: Path, tmp_path: Path, tools: Path
) -> None:
    dist = tmp_path / "dist"
    sdist = build_sdist(source, dist)
    wheel = build_wheel(source, tmp_path / "wheel", OBENGINE_NO_NATIVE="1")
    wheel = Path(shutil.move(wheel, dist))
    must(sys.executable, ROOT / "scripts" / "check_distributions.py", "v0.9-beta", dist)
    must(tools / "twine", "check", "--strict", sdist, wheel)
    with package_index(tools, tmp_path) as address:
        upload = [
            tools / "twine",
            "upload",
            "--non-interactive",
            "--disable-progress-bar",
            "--config-file",
            os.devnull,
        ]
        upload += ["--repository-url", address, sdist, wheel]
        refused = run(*upload, TWINE_USERNAME=USER, TWINE_PASSWORD="wrong")
        assert (refused.returncode, "403" in refused.stdout + refused.stderr) == (1, True), refused.stdout
        assert list((tmp_path / "packages").iterdir()) == []
        said = must(*upload, TWINE_USERNAME=USER, TWINE_PASSWORD=PASSWORD)
        assert PASSWORD not in said
        again = run(*upload, TWINE_USERNAME=USER, TWINE_PASSWORD=PASSWORD)
        assert (again.returncode, "400 Bad Request" in again.stdout) == (1, True), again.stdout
        stored = {
            path.name: digest_file(path)[0] for path in (tmp_path / "packages").iterdir() if path.is_file()
        }
        assert stored == {path.name: digest_file(path)[0] for path in (sdist, wheel)}
        pip = [
            sys.executable,
            "-m",
            "pip",
            "--isolated",
            "install",
            "--quiet",
            "--no-deps",
            "--pre",
            "--no-cache-dir",
        ]
        must(*pip, "--index-url", f"{address}/simple/", "--target", tmp_path / "site", "obrelease")
    program = "import obrelease; print(obrelease.__version__, obrelease.__file__)"
    version, place = must(
        sys.executable,
        "-P",
        "-c",
        program,
        PYTHONPATH=os.pathsep.join([str(tmp_path / "site"), *sys.path[1:]]),
    ).split()
    assert Path(place).is_relative_to(tmp_path / "site")
    assert wheel.name.split("-")[1] == version


def test_the_source_distribution_installs_without_a_network(source: Path, tmp_path: Path) -> None:
    """The line of docs/installing.md, with every proxy dead and no index."""
    sdist = build_sdist(source, tmp_path / "dist")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-build-isolation",
        "--no-deps",
    ]
    must(*pip, "--no-cache-dir", "--target", tmp_path / "site", sdist, **NO_NETWORK)
    ask = "import obengine.cores as cores; print(cores.__file__, *cores.core_names())"
    place, *names = must(
        sys.executable, "-P", "-c", ask, PYTHONPATH=os.pathsep.join([str(tmp_path / "site"), *sys.path[1:]])
    ).split()
    assert Path(place).is_relative_to(tmp_path / "site")
    assert names == ["native", "reference"]
