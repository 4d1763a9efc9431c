"""A loopback GitHub for one test, and the forge settings that suit it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from obrelease.remote.github import GitHubForge, RequestTiming
from tests.loopback_github.server import HOSTS, TOKEN, LoopbackGitHub
from tests.loopback_github.state import Repository

REPOSITORY = "octocat/ob"


def quick_timing(waits: list[float] | None = None, **changed: Any) -> RequestTiming:
    """A pace that spaces nothing and notes its waits instead of waiting."""
    kept: list[float] = [] if waits is None else waits
    return replace(RequestTiming(write_spacing_s=0.0, wait=kept.append), **changed)


def forge_at(github: LoopbackGitHub, timing: RequestTiming | None = None) -> GitHubForge:
    """A new forge, as another run of the program would have it."""
    return GitHubForge(REPOSITORY, TOKEN, github.api, timing=timing or quick_timing())


@contextmanager
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackGitHub]:
    """Serve until the end of the block, and then insist that GitHub's contract was kept."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **named: Any) -> Any:
        return resolve("127.0.0.1" if host in HOSTS.values() else host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setenv("NO_PROXY", "*")
    github = LoopbackGitHub(Repository(REPOSITORY))
    github.start()
    try:
        yield github
    finally:
        github.stop()
    assert github.violations == []
