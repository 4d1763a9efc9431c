"""A network that loses, cuts and garbles: one whole release or none, and never a false success."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from obrelease.errors import Conflict, IntegrityError
from tests.conformance.whole_way import (
    ASSETS,
    CONTENT,
    CREATE,
    DIGEST,
    NEW,
    PUBLISH,
    RELEASE,
    RELEASES,
    UPLOAD,
    assert_whole,
    until_done,
    upload,
    whole_way,
)
from tests.loopback_github.running import forge_at
from tests.loopback_github.server import LoopbackGitHub
from tests.loopback_github.state import StoredAsset, StoredRelease


@pytest.mark.parametrize("done", [True, False], ids=["done", "not-done"])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("step", [CREATE, UPLOAD, PUBLISH, RELEASES, ASSETS, RELEASE], ids=str)
def test_a_server_error_at_each_step(
    github: LoopbackGitHub, source: Path, step: tuple[str, str], status: int, done: bool
) -> None:
    github.fault(*step, status=status, done=done, headers={"Retry-After": "1"})
    whole_way(forge_at(github), source)
    assert_whole(github)
    if step[0] != "GET":
        assert github.count(*step) == (1 if done else 2)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_upload_that_is_stored_and_lost_and_hidden_ends_in_one_asset(
    github: LoopbackGitHub, source: Path, times: int
) -> None:
    forge = forge_at(github)
    draft = forge.create_draft(NEW)
    github.fault(*UPLOAD, status=502, done=True)
    github.fault(*ASSETS, status=200, body=b"[]", times=times)
    asset = upload(forge, draft, source)
    assert asset.sha256 == DIGEST
    assert [stored.content for stored in github.repository.releases[int(draft.id)].assets] == [CONTENT]


def test_a_lost_creation_that_the_list_hides_stops_and_leaves_one_draft(
    github: LoopbackGitHub, source: Path
) -> None:
    github.fault(*CREATE, status=502, done=True)
    github.fault(*RELEASES, times=2)
    github.fault(*RELEASES, stale=True)
    with pytest.raises(Conflict, match="faster"):
        whole_way(forge_at(github), source)
    assert len(github.repository.releases) == 1
    whole_way(forge_at(github), source)
    assert_whole(github)


def test_what_a_broken_upload_leaves_behind_is_replaced(github: LoopbackGitHub, source: Path) -> None:
    github.fault(*UPLOAD, status=502, starter=True)
    whole_way(forge_at(github), source)
    assert_whole(github)
    assert github.count("DELETE", r"/releases/assets/\d+$") == 1


def test_a_draft_with_an_incomplete_asset_is_not_published(github: LoopbackGitHub, source: Path) -> None:
    forge = forge_at(github)
    draft = forge.create_draft(NEW)
    github.repository.releases[int(draft.id)].assets.append(StoredAsset(7, "data.bin", b"", "x/y", "starter"))
    found = forge.find(NEW.tag)
    assert found is not None
    assert [asset.complete for asset in found.assets] == [False]
    with pytest.raises(IntegrityError, match="incomplete"):
        forge.publish(draft)
    assert github.count(*PUBLISH) == 0


@pytest.mark.parametrize("percent", [0, 1, 10, 25, 50, 75, 90, 99])
def test_a_reset_inside_the_body(github: LoopbackGitHub, source: Path, percent: int) -> None:
    github.fault(*UPLOAD, reset_at=len(CONTENT) * percent // 100)
    whole_way(forge_at(github), source)
    assert_whole(github)


@pytest.mark.parametrize("step", [CREATE, UPLOAD, PUBLISH, RELEASES, ASSETS, RELEASE], ids=str)
@pytest.mark.parametrize("kind", ["cut", "reset"])
def test_a_broken_answer_at_each_step(
    github: LoopbackGitHub, source: Path, step: tuple[str, str], kind: str
) -> None:
    if kind == "cut":
        github.fault(*step, cut=True)
    else:
        github.fault(*step, reset_at=0)
    whole_way(forge_at(github), source)
    assert_whole(github)


NONSENSE = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b'{"id": "1"}',
    b"<html>",
    b'"x"',
    b"[1]",
    b"{",
    b"\xff\xfe",
    b"[" * 5000,
)


@pytest.mark.parametrize("status", [200, 201, 307])
@pytest.mark.parametrize("body", NONSENSE, ids=lambda body: ascii(body[:12]))
@pytest.mark.parametrize("step", [CREATE, UPLOAD, PUBLISH], ids=str)
def test_nonsense_is_never_taken_for_success(
    github: LoopbackGitHub, source: Path, step: tuple[str, str], body: bytes, status: int
) -> None:
    github.fault(*step, status=status, body=body, headers={"Location": "/"} if status > 300 else {})
    release, _ = until_done(github, source)
    assert not release.draft
    assert_whole(github)


@pytest.mark.parametrize("step", [RELEASES, ASSETS, RELEASE], ids=str)
@pytest.mark.parametrize(
    "body", [body for body in NONSENSE if body != b"[]"], ids=lambda body: ascii(body[:12])
)
def test_nonsense_in_a_list_is_never_believed(
    github: LoopbackGitHub, source: Path, step: tuple[str, str], body: bytes
) -> None:
    github.fault(*step, status=200, body=body)
    until_done(github, source)
    assert_whole(github)


def test_a_server_that_kept_other_bytes_is_found_out(github: LoopbackGitHub, source: Path) -> None:
    forge = forge_at(github)
    draft = forge.create_draft(NEW)
    store = github.repository.store

    class Flipping:
        def __call__(self, release: StoredRelease, name: str, content: bytes, kind: str) -> StoredAsset:
            return store(release, name, b"X" + content[1:], kind)

    type(github.repository).store, kept = Flipping(), type(github.repository).store  # type: ignore[method-assign, assignment]
    try:
        with pytest.raises(Conflict, match="other bytes"):
            upload(forge, draft, source)
    finally:
        type(github.repository).store = kept  # type: ignore[method-assign]


def test_a_file_that_changes_while_it_is_sent_never_arrives_whole(
    github: LoopbackGitHub, source: Path
) -> None:
    forge = forge_at(github)
    draft = forge.create_draft(NEW)

    def swap(count: int) -> None:
        with source.open("r+b") as sink:
            sink.seek(len(CONTENT) - 1)
            sink.write(b"X")

    with pytest.raises(IntegrityError, match="changed between"):
        forge.upload(draft, "data.bin", source, DIGEST, swap)
    assert github.repository.releases[int(draft.id)].assets == []


def test_a_file_that_shrinks_while_it_is_sent_never_arrives_whole(
    github: LoopbackGitHub, source: Path
) -> None:
    forge = forge_at(github)
    draft = forge.create_draft(NEW)
    with pytest.raises(IntegrityError, match="shorter"):
        forge.upload(draft, "data.bin", source, DIGEST, lambda _: os.truncate(source, 1))
    assert github.repository.releases[int(draft.id)].assets == []
