"""The allow-lists: hostile names end here, before git, a path or a request sees them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obrelease.errors import UsageError
from obrelease.remote.names import (
    checked_asset,
    checked_commit,
    checked_remote,
    checked_repository,
    checked_sha256,
    checked_tag,
)

HOSTILE = (
    "", " ", ".", "..", "-", "--", "-d", "--force", "--upload-pack=touch x", "v1;id", "$(id)", "`id`",
    "v1|id", "v1&id", "v1\nid", "v1\r", "v1\0", "v1\x1b[31m", "v1 ", " v1", "v1~1", "v1^", "v1:x", "v1?",
    "v1*", "v1[0]", "v1\\x", "v1@{0}", "@", "HEAD", "head", "FETCH_HEAD", "x.lock", "x.LOCK", "v1.",
    "v1..v2", "a//b", "/a", "a/", "../x", "refs/tags/v1", "+v1", "_v1", ".v1", "v\u00e9", "ve\u0301",
    "\u202ev1", "\uff56\uff11", "v1\u200b", "~v1", "%2e%2e", "v1%0a", "v1#", "v1?name=x", "v1&name=y",
    "C:v1", "v1'", 'v1"', "<v1>", "v1=", "v1,v2", "(v1)", "{v1}", "a" * 101, "0" * 40, "a" * 64, "!v1",
)  # fmt: skip


@pytest.mark.parametrize("tag", HOSTILE, ids=ascii)
def test_hostile_tags_are_refused_with_a_hint(tag: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_tag(tag)
    assert caught.value.hint
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "tag",
    [
        "v0.9-beta",
        "v1",
        "1.0.0",
        "v1.0.0+build.7",
        "V1_0",
        "a" * 100,
        "v1-ahead",
        "0" * 39,
        "pkg/v1",
        "@scope/pkg@1.0",
    ],
)
def test_ordinary_tags_are_kept_as_they_are(tag: str) -> None:
    assert checked_tag(tag) == tag


@given(st.text(max_size=120))
def test_whatever_is_accepted_as_a_tag_is_harmless(text: str) -> None:
    """Rule: a tag has parts of `[A-Za-z0-9][A-Za-z0-9._+@-]*` with `/` between them, without `..`."""
    try:
        tag = checked_tag(text)
    except UsageError:
        return
    assert tag == text
    assert re.fullmatch(r"@?[A-Za-z0-9][A-Za-z0-9._+@/-]{0,99}", tag)
    assert "//" not in tag
    assert ".." not in tag


@given(st.from_regex(r"[A-Za-z0-9._+~ -]{1,8}\n?", fullmatch=True))
def test_close_misses_are_refused_as_well(text: str) -> None:
    """Rule: no asset's name begins with a dot or a hyphen, ends with a dot, or has a space, `~` or `+`."""
    bad = text[0] in "._-+~ " or text[-1] in ".\n" or bool(set(text) & set("+~ \n"))
    try:
        assert checked_asset(text) == text
    except UsageError:
        assert bad
    else:
        assert not bad


@pytest.mark.parametrize(
    "name", ["", ".hidden", "a b", "a~b", "a/b", "..", "x.", "-x", "a\n", "a+b", "\u00e9", "a" * 129]
)
def test_assets_that_github_would_rename_are_refused(name: str) -> None:
    with pytest.raises(UsageError):
        checked_asset(name)


@pytest.mark.parametrize(
    "remote", ["", "-o", "--upload-pack=x", "https://x", "ext::sh", "a b", "..", "a..b", "x.lock"]
)
def test_remotes_are_names_not_addresses(remote: str) -> None:
    with pytest.raises(UsageError):
        checked_remote(remote)


@pytest.mark.parametrize(
    "repository", ["", "x", "x/y/z", "x/..", "x/.", "-x/y", "x/y?z", "x/y.git", "x y/z", "/y", "x/"]
)
def test_repositories_are_owner_and_name(repository: str) -> None:
    with pytest.raises(UsageError):
        checked_repository(repository)


def test_ordinary_remotes_and_repositories_are_kept() -> None:
    assert checked_remote("origin") == "origin"
    assert checked_repository("some-owner/some.repo_1") == "some-owner/some.repo_1"


@pytest.mark.parametrize("text", ["", "abc", "A" * 40, "0" * 41, "0" * 40 + "\n", "HEAD"])
def test_commits_and_digests_are_full_lower_case_hex(text: str) -> None:
    with pytest.raises(UsageError):
        checked_commit(text)
    with pytest.raises(UsageError):
        checked_sha256(text)
    assert checked_commit("0" * 40) + checked_sha256("0" * 64) == "0" * 104
