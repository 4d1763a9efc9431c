"""Kill -9 at each boundary of a request to GitHub, then run again: one whole release, or none and a draft."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.loopback_github.forked import Client, Clients
from tests.loopback_github.server import LoopbackGitHub
from tests.unit.release.project import Project, make_project

TAG = "v0.9-beta"
ASSETS = 5
BOUNDARIES = 96
"""Before and after each of the 48 requests of a release of five assets."""


def published(
    clients: Clients, project: Project, home: Path, github: LoopbackGitHub, boundary: int = 0
) -> tuple[int | None, int]:
    """Publish in a process that dies at a boundary: its exit code, and the boundaries that it came to."""
    github.repository.git = project.remote
    running: list[Client] = []
    seen = 0

    def count() -> None:
        nonlocal seen
        seen += 1
        if seen == boundary:
            running[0].kill()

    github.boundary = count
    running.append(clients.start(project.root, home, github.api, "publish", TAG, "--remote", "origin"))
    running[0].communicate()
    github.boundary = lambda: None
    return running[0].returncode, seen


def assert_none_or_whole(github: LoopbackGitHub) -> int:
    """Every public release has all of its assets; gives how many there are."""
    public = [release for release in github.repository.releases.values() if not release.draft]
    for release in public:
        assert len(release.assets) == ASSETS
        assert {asset.state for asset in release.assets} == {"uploaded"}
    return len(public)


@pytest.mark.parametrize(
    "boundary",
    [n if n % 17 == 3 else pytest.param(n, marks=pytest.mark.nightly) for n in range(1, BOUNDARIES + 1)],
)
def test_killed_and_run_again(
    tmp_path: Path, github: LoopbackGitHub, clients: Clients, boundary: int
) -> None:
    project = make_project(tmp_path)
    assert published(clients, project, tmp_path, github, boundary)[0] == -signal.SIGKILL
    assert_none_or_whole(github)
    assert published(clients, project, tmp_path, github)[0] == 0
    assert len(github.repository.releases) == assert_none_or_whole(github) == 1
    assert project.remote_tag(TAG) == project.head()


def test_the_boundaries_are_all_counted(tmp_path: Path, github: LoopbackGitHub, clients: Clients) -> None:
    assert published(clients, make_project(tmp_path), tmp_path, github) == (0, BOUNDARIES)


@pytest.mark.parametrize(
    "boundary", [15, 40, *(pytest.param(n, marks=pytest.mark.nightly) for n in (5, 11, 25, 60, 75))]
)
def test_killed_and_taken_back(
    tmp_path: Path, github: LoopbackGitHub, clients: Clients, boundary: int
) -> None:
    project = make_project(tmp_path)
    assert published(clients, project, tmp_path, github, boundary)[0] == -signal.SIGKILL
    pushed = project.remote_tag(TAG)
    for _ in range(2):
        client = clients.start(project.root, tmp_path, github.api, "publish", TAG, "--abort", "--json")
        assert client.communicate()[1] == ""
        assert client.returncode == 0
    assert github.repository.releases == {}
    assert project.remote_tag(TAG) == pushed
    assert (project.context().repo.local_tag(TAG) is None) == (pushed == "")
