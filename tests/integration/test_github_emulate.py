"""The GitHub way against a GitHub that was not written here: tag, push, draft, assets, publish."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from obrelease.errors import Conflict
from obrelease.remote.forge.protocol import NewRelease
from obrelease.remote.git.repository import GitRepository
from obrelease.remote.github import GitHubForge
from tests.emulator import process
from tests.loopback_github.running import quick_timing


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with process.emulated_github(tmp_path_factory.mktemp("emulate")) as address:
        yield address


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitRepository:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    project = tmp_path / "project"
    project.mkdir()
    identity = ("-c", "user.name=T", "-c", "user.email=t@localhost")
    for command in (
        ("init", "--quiet", "--bare", str(tmp_path / "remote.git")),
        ("init", "--quiet"),
        ("remote", "add", "origin", str(tmp_path / "remote.git")),
        (*identity, "commit", "--quiet", "--allow-empty", "--message=first"),
    ):
        subprocess.run(("git", *command), cwd=project, check=True, capture_output=True)
    return GitRepository.open(project)


def as_anyone_sees_it(api: str, path: str) -> object:
    request = urllib.request.Request(f"{api}/repos/{process.REPOSITORY}{path}")
    with urllib.request.urlopen(request, timeout=30) as reply:
        return json.load(reply)


def test_the_whole_way_and_a_second_time(api: str, tree: GitRepository, tmp_path: Path) -> None:
    forge = GitHubForge(process.REPOSITORY, process.TOKEN, api, timing=quick_timing())
    forge.preflight()
    tag = tree.create_tag("v0.9-beta", tree.head(), "obrelease v0.9-beta\n")
    tree.push_tag("origin", tag.name)
    assert tree.remote_tag("origin", tag.name) == tag.commit
    new = NewRelease(tag.name, tag.commit, "v0.9-beta", "notes", True)
    draft = forge.create_draft(new)
    digests = {}
    for name in ("bundle.tar.gz", "manifest.json", "SHA256SUMS"):
        path = tmp_path / name
        path.write_bytes(name.encode() * 1000)
        digests[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        forge.upload(draft, name, path, digests[name], lambda count: None)
    assert as_anyone_sees_it(api, "/releases") == []
    public = forge.publish(draft)
    assert [asset.name for asset in public.assets] == ["SHA256SUMS", "bundle.tar.gz", "manifest.json"]
    (shown,) = [as_anyone_sees_it(api, "/releases/tags/v0.9-beta")]
    assert isinstance(shown, dict)
    assert (shown["draft"], shown["prerelease"], shown["target_commitish"]) == (False, True, tag.commit)
    assert {asset["name"]: asset["size"] for asset in shown["assets"]} == {n: len(n) * 1000 for n in digests}

    again = GitHubForge(process.REPOSITORY, process.TOKEN, api, timing=quick_timing())
    assert again.find(tag.name) == public
    assert again.publish(draft) == public
    with pytest.raises(Conflict):
        again.create_draft(new)
