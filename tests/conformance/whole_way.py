"""The whole way to a public release, and the names of its steps, for tests of a bad network."""

from __future__ import annotations

import hashlib
from pathlib import Path

from obrelease.errors import RemoteError
from obrelease.remote.forge.protocol import Asset, NewRelease, Release
from obrelease.remote.github import GitHubForge
from tests.loopback_github.running import forge_at
from tests.loopback_github.server import LoopbackGitHub

NEW = NewRelease("v0.9-beta", "0" * 40, "Release", "notes", True)
CONTENT = b"0123456789abcdef" * 8192
DIGEST = hashlib.sha256(CONTENT).hexdigest()
CREATE = ("POST", r"/releases$")
UPLOAD = ("POST", r"/releases/\d+/assets$")
PUBLISH = ("PATCH", r"/releases/\d+$")
DELETE = ("DELETE", r"/releases/\d+$")
RELEASES = ("GET", r"/releases$")
ASSETS = ("GET", r"/releases/\d+/assets$")
RELEASE = ("GET", r"/releases/\d+$")


def silent(count: int) -> None:
    """Nobody watches the progress."""


def upload(forge: GitHubForge, release: Release, source: Path) -> Asset:
    return forge.upload(release, "data.bin", source, DIGEST, silent)


def whole_way(forge: GitHubForge, source: Path) -> Release:
    draft = forge.find(NEW.tag) or forge.create_draft(NEW)
    if draft.draft:
        upload(forge, draft, source)
    return forge.publish(draft)


def until_done(github: LoopbackGitHub, source: Path) -> tuple[Release, int]:
    """Run the whole way as a user would: again after each failure. Gives the number of runs."""
    for run in range(1, 6):
        try:
            return whole_way(forge_at(github), source), run
        except RemoteError:
            continue
    raise AssertionError("five runs did not suffice")


def assert_whole(github: LoopbackGitHub) -> None:
    (release,) = github.repository.releases.values()
    assert (release.tag, release.draft, release.prerelease, release.latest) == (NEW.tag, False, True, "false")
    (asset,) = release.assets
    assert (asset.name, asset.state, asset.content) == ("data.bin", "uploaded", CONTENT)
