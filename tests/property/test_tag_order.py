"""Rules of tags, over tags that the allow-list accepts and texts that it may not."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from obrelease.errors import UsageError
from obrelease.models.version_tag import TAG_MAX_LENGTH, Tag

WORDS = ("a", "alpha", "beta", "rc", "0", "1", "2", "10", "rc10", "x1y")


def tag_of(numbers: list[int], words: list[str]) -> Tag:
    """A tag of these numbers and these pre-release words."""
    head = "v" + ".".join(map(str, numbers))
    return Tag.parse(f"{head}-{'.'.join(words)}" if words else head)


numbers = st.lists(st.integers(0, 12), min_size=1, max_size=4)
tags = st.builds(tag_of, numbers, st.lists(st.sampled_from(WORDS), max_size=3))


def _accepted(text: str) -> Tag | None:
    try:
        return Tag.parse(text)
    except UsageError:
        return None


@given(st.one_of(st.text(max_size=120), st.from_regex(r"v?[0-9.]+[-a-z0-9./~^:; \n]*", fullmatch=True)))
def test_accepted_tags_are_safe_names(text: str) -> None:
    """Rule: a tag is ASCII `[a-z0-9.-]`, at most 100 long, with no `..`, no lead dash, no `.lock`."""
    tag = _accepted(text)
    if tag is not None:
        assert tag.text == text
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", text)
        assert len(text) <= TAG_MAX_LENGTH
        assert ".." not in text
        assert not text.endswith((".", ".lock"))


@given(tags, tags, tags)
def test_order_is_total(a: Tag, b: Tag, c: Tag) -> None:
    """Rule: exactly one of a < b, a == b, a > b holds; the order is transitive; equal means same spelling."""
    assert [a < b, a == b, a > b].count(True) == 1
    assert (a == b) == (a.text == b.text)
    if a <= b <= c:
        assert a <= c


@given(numbers, st.lists(st.sampled_from(WORDS), min_size=1, max_size=3))
def test_a_prerelease_is_lower_than_its_release(numbers: list[int], words: list[str]) -> None:
    """Rule (SemVer 2.0.0, 11.3): a pre-release version has lower precedence than the normal version."""
    below = tag_of(numbers, words)
    assert below.prerelease
    assert below < tag_of(numbers, [])
