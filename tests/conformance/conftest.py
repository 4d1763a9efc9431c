"""The places that a forge is tried against, each with what it is able to keep, and registry servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from obrelease.remote.forge.directory import DirectoryForge
from obrelease.remote.forge.protocol import Forge
from obrelease.remote.github import GitHubForge
from tests.conformance.whole_way import CONTENT
from tests.emulator import process
from tests.loopback_github.running import forge_at, quick_timing
from tests.loopback_github.server import LoopbackGitHub
from tests.oci_registry.debian import DockerRegistry, docker_registry
from tests.oci_registry.stub import StubRegistry


@dataclass(frozen=True, slots=True)
class Place:
    """Where releases live during a test.

    Attributes:
        open: a new forge over the same releases, as another run of the program would have it.
        tag: a tag that no other test uses.
        keeps_digests: whether it reports the sha256 of an asset.
        keeps_bytes: whether an asset can be downloaded again.
    """

    open: Callable[[], Forge]
    tag: str
    keeps_digests: bool = True
    keeps_bytes: bool = True


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with process.emulated_github(tmp_path_factory.mktemp("emulate")) as api:
        yield api


@pytest.fixture(scope="session")
def numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.bin"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(params=["directory", "loopback", "loopback-without-digests", "emulate"])
def place(request: pytest.FixtureRequest, tmp_path: Path, numbers: Iterator[int]) -> Place:
    if request.param == "directory":
        return Place(lambda: DirectoryForge(tmp_path / "releases"), "v0.9-beta")
    if request.param == "emulate":
        api = request.getfixturevalue("emulator")
        tag = f"v0.9-beta.{next(numbers)}"

        def emulated() -> Forge:
            return GitHubForge(process.REPOSITORY, process.TOKEN, api, timing=quick_timing())

        return Place(emulated, tag, keeps_digests=False, keeps_bytes=False)
    server: LoopbackGitHub = request.getfixturevalue("github")
    server.repository.keeps_digests = request.param == "loopback"
    return Place(lambda: forge_at(server), "v0.9-beta", keeps_digests=server.repository.keeps_digests)


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    """A real registry server, with no authorization."""
    with docker_registry(tmp_path_factory.mktemp("docker-registry")) as server:
        yield server


@pytest.fixture
def stub() -> Iterator[StubRegistry]:
    """A registry that follows the distribution specification."""
    server = StubRegistry()
    server.start()
    yield server
    server.stop()
