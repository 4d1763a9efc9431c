"""The budget of a command: sums, the outer budget, and sizes as users write them."""

from __future__ import annotations

import pytest

from obrelease.errors import InvalidInput, UsageError
from obrelease.models.strict_json import parse_strict
from obrelease.storage.limits import (
    DEFAULT_LIMITS,
    Limits,
    Resource,
    charge,
    input_budget,
    parse_size,
    require,
)


def test_amounts_are_bounded_in_sum_and_the_error_names_limit_and_flag() -> None:
    with input_budget(Limits(downloaded_bytes=100)):
        charge(Resource.DOWNLOADED, 60, "a")
        require(Resource.DOWNLOADED, 40, "b")
        with pytest.raises(InvalidInput, match="b: exceeds the limit of 100 downloaded bytes") as caught:
            charge(Resource.DOWNLOADED, 41, "b")
        assert "--max-input" in str(caught.value.hint)
        charge(Resource.DOWNLOADED, 40, "b")


def test_documents_are_charged_each_time() -> None:
    with input_budget(Limits(parsed_bytes=10)):
        parse_strict(b"[1,2]", "x")
        parse_strict(b"[1,2]", "x")
        with pytest.raises(InvalidInput, match="10 parsed bytes"):
            parse_strict(b"1", "x")
    with input_budget(Limits(values=3)), pytest.raises(InvalidInput, match="3 values"):
        parse_strict(b"[1,2,3,4]", "x")


def test_the_outer_budget_counts_and_none_is_left_behind() -> None:
    with input_budget(Limits(members=1)):
        with input_budget(), pytest.raises(InvalidInput):
            charge(Resource.MEMBERS, 2, "x")
        with pytest.raises(InvalidInput):
            charge(Resource.MEMBERS, 2, "x")
    charge(Resource.MEMBERS, 10**9, "x")


def test_seconds_inside_readers_are_bounded() -> None:
    with input_budget(Limits(seconds=0)), pytest.raises(InvalidInput, match="0 seconds"):
        parse_strict(b"[]", "x")


def test_a_raised_limit_raises_the_others() -> None:
    twice = Limits.for_input(2 * DEFAULT_LIMITS.downloaded_bytes)
    assert (twice.unpacked_bytes, twice.members) == (8 * 2**30, 2 * DEFAULT_LIMITS.members)
    low = Limits.for_input(1000)
    assert (low.downloaded_bytes, low.unpacked_bytes, low.members) == (1000, 1000, DEFAULT_LIMITS.members)


def test_sizes() -> None:
    assert [parse_size(text) for text in ("7", "5k", "500M", "8GiB", "1TB")] == [
        7, 5 * 2**10, 500 * 2**20, 8 * 2**30, 2**40,
    ]  # fmt: skip
    for text in ("", "0", "-1", "1.5G", "G", "1Q", "9" * 40):
        with pytest.raises(UsageError):
            parse_size(text)
