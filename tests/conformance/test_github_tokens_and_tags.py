"""GitHub as it is: what its documents say of a token proves nothing, and it makes tags that are missing."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput, RemoteError
from obrelease.remote.forge.limits import GITHUB_LIMITS
from obrelease.remote.github.client import RequestRejected
from tests.conformance.whole_way import NEW, silent
from tests.loopback_github.running import forge_at
from tests.loopback_github.server import LoopbackGitHub
from tests.loopback_github.state import REFUSALS, TokenKind
from tests.unit.release.project import git

KINDS: tuple[TokenKind, ...] = ("classic", "actions", "app", "fine-grained", "absent")
CURES = {
    "classic": "a classic token needs the scope `repo`",
    "actions": "`permissions: contents: write`",
    "app": "an App the permission `Contents: Read and write`",
    "fine-grained": "the fine-grained token needs the permission `Contents: Read and write`",
    "absent": "`permissions: contents: write`",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_that_may_write_is_never_refused_for_what_the_document_says(
    github: LoopbackGitHub, kind: TokenKind
) -> None:
    github.repository.token_kind = kind
    said = github.repository.repository_document().get("permissions")
    assert (said is None) == (kind == "absent")
    assert said is None or said["push"] == (kind == "classic")
    forge = forge_at(github)
    forge.preflight()
    assert forge.create_draft(NEW).draft


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_that_may_not_write_is_told_apart_by_its_first_write(
    github: LoopbackGitHub, kind: TokenKind
) -> None:
    github.repository.token_kind, github.repository.may_write = kind, False
    forge = forge_at(github)
    forge.preflight()
    with pytest.raises(RequestRejected) as caught:
        forge.create_draft(NEW)
    assert (caught.value.status, github.repository.releases) == (REFUSALS[kind][0], {})
    assert CURES[kind] in str(caught.value.hint)


@pytest.fixture
def hosted(github: LoopbackGitHub, tmp_path: Path) -> tuple[LoopbackGitHub, Path]:
    """GitHub with a git repository of one commit."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "work")
    work = tmp_path / "work"
    git(work, "commit", "--quiet", "--allow-empty", "--message=first")
    git(tmp_path, "clone", "--quiet", "--bare", "work", "hosted.git")
    github.repository.git = tmp_path / "hosted.git"
    return github, work


def test_the_tag_object_is_that_of_the_repository(hosted: tuple[LoopbackGitHub, Path]) -> None:
    github, work = hosted
    forge = forge_at(github)
    assert forge.tag_object("v1.0") is None
    for name, options in (("v1.0", ["--annotate", "--message=one"]), ("pkg/v1.0+b", [])):
        git(work, "tag", *options, name)
        git(work, "push", "--quiet", str(github.repository.git), name)
        assert forge.tag_object(name) == git(work, "rev-parse", f"refs/tags/{name}")
    assert forge.tag_object("v1") is None, "a prefix of a name is another name"


def test_a_draft_of_a_tag_that_was_not_pushed_becomes_a_lightweight_tag(
    hosted: tuple[LoopbackGitHub, Path],
) -> None:
    """That is what a publisher has to prevent: nothing about the release is in such a tag."""
    github, work = hosted
    commit = git(work, "rev-parse", "HEAD")
    forge = forge_at(github)
    draft = forge.create_draft(type(NEW)(NEW.tag, commit, NEW.title, NEW.notes, NEW.prerelease))
    assert forge.tag_object(NEW.tag) is None
    forge.publish(draft)
    assert forge.tag_object(NEW.tag) == commit


def test_a_page_that_is_too_long_is_refused_here_and_there(github: LoopbackGitHub) -> None:
    forge = forge_at(github)
    long = type(NEW)(NEW.tag, NEW.commit, NEW.title, "x" * 125_001, NEW.prerelease)
    with pytest.raises(InvalidInput, match="125000"):
        forge.create_draft(long)
    assert github.count("POST", ".") == 0
    github.repository.page_characters = 10
    with pytest.raises(RemoteError, match=r"body is too long \(maximum is 10 characters\)"):
        forge.create_draft(type(NEW)(NEW.tag, NEW.commit, NEW.title, "x" * 11, NEW.prerelease))


def test_assets_beyond_the_limits_are_refused_by_the_server(github: LoopbackGitHub, tmp_path: Path) -> None:
    github.repository.max_assets, github.repository.max_asset_bytes = 1, 100
    forge = forge_at(github)
    draft = forge.create_draft(NEW)
    for name, content, accepted in (("big", b"x" * 100, False), ("a", b"a", True), ("b", b"b", False)):
        (tmp_path / name).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        if accepted:
            forge.upload(draft, name, tmp_path / name, digest, silent)
            continue
        with pytest.raises(RequestRejected) as caught:
            forge.upload(draft, name, tmp_path / name, digest, silent)
        assert caught.value.status == 422
    assert (GITHUB_LIMITS.assets, GITHUB_LIMITS.asset_bytes) == (1000, 2147483648)
