"""Bodies of the API and of assets that are larger than they may be: refused, in little memory."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from obrelease.errors import IntegrityError, InvalidInput, RemoteError
from obrelease.remote.github import bounded_bodies
from obrelease.storage.limits import Limits, input_budget
from tests.conformance.whole_way import CREATE, NEW, RELEASES, whole_way
from tests.loopback_github.running import forge_at
from tests.loopback_github.server import LoopbackGitHub

GZIP = {"Content-Encoding": "gzip"}


def test_a_compressed_list_that_grows_beyond_the_limit_is_refused(github: LoopbackGitHub) -> None:
    body = gzip.compress(b" " * (bounded_bodies.MAX_LIST_BYTES + 1), 9)
    assert len(body) < 100_000
    github.fault(*RELEASES, status=200, body=body, headers=GZIP, times=9)
    with pytest.raises(RemoteError, match="has more than 33,554,432 bytes"):
        forge_at(github).find(NEW.tag)


def test_a_list_of_too_many_values_is_not_parsed(github: LoopbackGitHub) -> None:
    body = gzip.compress(b"[" + b"[]," * bounded_bodies.MAX_VALUES + b"1]", 9)
    github.fault(*RELEASES, status=200, body=body, headers=GZIP, times=9)
    with pytest.raises(RemoteError, match="has more than 1,000,000 values"):
        forge_at(github).find(NEW.tag)


@pytest.mark.parametrize("status", [201, 422, 500])
def test_a_reply_to_a_write_is_small(github: LoopbackGitHub, status: int) -> None:
    body = b'{"message":"' + b"x" * bounded_bodies.MAX_REPLY_BYTES + b'"}'
    github.fault(*CREATE, status=status, body=body, times=9)
    with pytest.raises(RemoteError, match="has more than 2,097,152 bytes"):
        forge_at(github).create_draft(NEW)


def test_bodies_count_against_the_budget_of_the_command(github: LoopbackGitHub) -> None:
    github.fault(*RELEASES, status=200, body=b"[" + b" " * 5_000 + b"]", times=9)
    with (
        input_budget(Limits(downloaded_bytes=4_000)),
        pytest.raises(InvalidInput, match="4,000 downloaded bytes"),
    ):
        forge_at(github).find(NEW.tag)


@pytest.mark.parametrize("packed", [False, True])
def test_an_asset_that_is_longer_than_reported_is_refused(
    github: LoopbackGitHub, source: Path, tmp_path: Path, packed: bool
) -> None:
    release = whole_way(forge_at(github), source)
    (asset,) = release.assets
    body = b"x" * (asset.size + 1)
    github.fault(
        "GET",
        "/releases/assets/",
        status=200,
        body=gzip.compress(body) if packed else body,
        headers=GZIP if packed else {},
        times=9,
    )
    with pytest.raises(IntegrityError, match="more than"):
        forge_at(github).download(release, asset, tmp_path / "target", lambda _: None)
    assert not (tmp_path / "target").exists()


def test_only_our_own_requests_are_bounded() -> None:
    """A program that uses PyGithub next to this package keeps PyGithub's own connections."""
    from github.Requester import HTTPSRequestsConnectionClass, Requester

    own, theirs = (
        vars(kind).get("_Requester__httpsConnectionClass")
        for kind in (bounded_bodies.BoundedRequester, Requester)
    )
    assert own is not None
    assert theirs is HTTPSRequestsConnectionClass
