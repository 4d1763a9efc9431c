"""Two publishers of one tag, as two processes at once: one release, whole; the other one gives the reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from obrelease.errors import ExitCode
from obrelease.remote.forge.directory import DirectoryForge
from tests.loopback_github.forked import Client, Clients
from tests.loopback_github.server import LoopbackGitHub
from tests.unit.release.project import Project, git, make_project

TAG = "v0.9-beta"
ASSETS = 5
Start = Callable[[Project], Client]


def rivals(base: Path, *, same: bool) -> tuple[Project, Project]:
    """Two clones of one project over one remote, with the same runs or with others."""
    first, second = make_project(base / "first"), make_project(base / "second")
    assert first.head() == second.head()
    git(second.root, "remote", "set-url", "origin", str(first.remote))
    if not same:
        second.record("x100")
    return first, second


def raced(pair: tuple[Project, Project], start: Start, *, same: bool) -> None:
    """Both at once; whoever does not win ends with a reason, and trying again changes nothing."""
    running = [start(project) for project in pair]
    outputs = [process.communicate() for process in running]
    codes = [process.returncode for process in running]
    for code, (_, said) in zip(codes, outputs, strict=True):
        assert "Traceback" not in said
        if code != 0:
            assert code in {ExitCode.CONFLICT, ExitCode.REMOTE}, said
            assert "error: " in said
    for project in pair:
        if same and project.context().repo.local_tag(TAG) is None and pair[0].remote_tag(TAG):
            git(project.root, "fetch", "--quiet", "origin", "tag", TAG)  # as the loser is told to
        process = start(project)
        outputs.append(process.communicate())
        codes.append(process.returncode)
    if same:
        assert codes[2:] == [0, 0], outputs
    else:
        assert sorted(codes[2:]) == [0, ExitCode.CONFLICT], outputs


@pytest.mark.parametrize("same", [True, False], ids=["same runs", "other runs"])
@pytest.mark.parametrize(
    "rounds", [1, pytest.param(50, marks=pytest.mark.nightly)], ids=lambda rounds: f"{rounds} rounds"
)
class TestOneWins:
    def test_on_github(
        self, tmp_path: Path, github: LoopbackGitHub, clients: Clients, rounds: int, same: bool
    ) -> None:
        for number in range(rounds):
            base = tmp_path / str(number)
            github.repository.releases.clear()

            def start(project: Project) -> Client:
                return clients.start(project.root, tmp_path, github.api, "publish", TAG, "--remote", "origin")

            pair = rivals(base, same=same)
            github.repository.git = pair[0].remote
            raced(pair, start, same=same)
            (release,) = github.repository.releases.values()
            assert not release.draft
            assert len(release.assets) >= ASSETS
            assert {asset.state for asset in release.assets} == {"uploaded"}

    def test_in_a_folder(self, tmp_path: Path, clients: Clients, rounds: int, same: bool) -> None:
        for number in range(rounds):
            base = tmp_path / str(number)

            def start(project: Project, base: Path = base) -> Client:
                place = {"OBRELEASE_FORGE": "directory", "OBRELEASE_RELEASES": str(base / "releases")}
                return clients.start(project.root, tmp_path, "http://localhost:1", "publish", TAG, **place)

            raced(rivals(base, same=same), start, same=same)
            release = DirectoryForge(base / "releases").find(TAG)
            assert release is not None
            assert not release.draft
            assert len(release.assets) >= ASSETS
