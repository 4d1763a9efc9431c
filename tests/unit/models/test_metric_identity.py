"""Ids of metrics and histograms: made of the true name and the parameters, and of nothing else."""

from __future__ import annotations

import hashlib
import re

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from obrelease.errors import InvalidInput
from obrelease.models.metric_identity import (
    histogram_id,
    match_version_1,
    metric_id,
    name_matches,
    version_1_histogram_name,
    version_1_slug,
)

SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=80)
SCALARS = st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS


def test_a_slug_without_parameters_is_its_own_id() -> None:
    assert metric_id("pass-wall", {}) == "pass-wall"
    assert histogram_id("service-latency") == "service-latency"
    assert metric_id("x" * 64, {}) == "x" * 64


def test_ids_are_part_of_the_format_and_never_change() -> None:
    assert metric_id("BM_Match", {}) == "bm_match-3d6ad37f1d34"
    assert histogram_id("GET:/a") == "get-a-f9046a500309"
    assert histogram_id("\u00e9crire") == "crire-fa5a1f7b6adb"


NAMES = [
    "BM_Put",
    "BM_put",
    "bm_put",
    "BM_Copy<int*>",
    "BM_Copy<int&>",
    "BM<int>/4",
    "BM<int/4>",
    "BM_\u0394",
    "BM_\u03a3",
    "test[<]",
    "test[>]",
    "test[==]",
    "a",
    "A",
    "a ",
    " a",
    "a\n",
    "a\0",
    "\u202ea",
    "x" * 64,
    "x" * 65,
    "x" * 1000 + "1",
    "x" * 1000 + "2",
    "caf\u00e9",
    "cafe\u0301",
]


def test_names_that_differ_at_all_have_ids_that_differ() -> None:
    assert len({metric_id(name, {}) for name in NAMES}) == len(NAMES)
    assert len({histogram_id(name) for name in ["", "latency", *NAMES]}) == len(NAMES) + 2


@given(TEXTS, st.dictionaries(TEXTS, SCALARS, max_size=3))
def test_an_id_is_a_slug_and_does_not_depend_on_the_order_of_parameters(
    name: str, parameters: dict[str, bool | float | str]
) -> None:
    found = metric_id(name, parameters)
    assert SLUG.fullmatch(found)
    assert found == metric_id(name, dict(reversed(parameters.items())))
    assert found != metric_id(name, {**parameters, "one more": 1})


@given(TEXTS)
def test_the_text_of_a_name_is_the_canonical_one(name: str) -> None:
    if not SLUG.fullmatch(name):
        canonical = rfc8785.dumps({"name": name, "parameters": {}})
        assert metric_id(name, {}).endswith(hashlib.sha256(canonical).hexdigest()[:12])


def test_a_whole_float_and_its_integer_are_one_parameter_as_in_json() -> None:
    assert metric_id("sort", {"n": 1.0}) == metric_id("sort", {"n": 1}) != metric_id("sort", {"n": True})


def test_text_that_no_json_holds_is_refused() -> None:
    with pytest.raises(InvalidInput, match="lone surrogate"):
        metric_id("\ud800", {})


@pytest.mark.parametrize(
    ("pattern", "found"),
    [("test[<]", True), ("test[*", True), ("test*", True), ("Test*", False), ("*", True), ("test[>]", False)],
)
def test_a_name_is_found_by_itself_and_by_patterns(pattern: str, found: bool) -> None:
    assert name_matches("test[<]", pattern) is found


def matches(version_1: list[str], *names: str) -> dict[str, str]:
    by_id = {metric_id(name, {}): name for name in names}
    return {old: by_id[new] for old, new in match_version_1(version_1, by_id).items()}


def test_a_version_1_name_matches_the_one_metric_of_its_slug() -> None:
    assert version_1_slug("BM_Sum/256") == "bm_sum-256"
    assert matches(["bm_sum-256", "gone"], "BM_Sum/256", "new") == {"bm_sum-256": "BM_Sum/256"}
    assert matches(["a", "a-2"], "a", "a/2") == {"a": "a", "a-2": "a/2"}


@pytest.mark.parametrize(
    ("version_1", "names"),
    [
        (["bm_put"], ["BM_Put", "BM_put"]),
        (["bm_put", "bm_put-2"], ["BM_Put"]),
        (["bm_put", "bm_put-2"], ["BM_Put", "BM_put"]),
        (["x" * 64, "x" * 58 + "-2"], ["x" * 90]),
    ],
    ids=["two metrics of one slug", "one of two is gone", "two of two", "cut and numbered"],
)
def test_a_match_that_order_alone_could_decide_is_none(version_1: list[str], names: list[str]) -> None:
    assert matches(version_1, *names) == {}


def test_names_of_histograms_in_version_1() -> None:
    assert version_1_histogram_name("") == "latency"
    assert version_1_histogram_name("GET:/a") == "latency-get-a"
    assert len(version_1_histogram_name("x" * 80)) == 59
