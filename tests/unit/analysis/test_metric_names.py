"""Patterns of names, in which brackets are plain characters, and messages that list names."""

from __future__ import annotations

import pytest

from obrelease.analysis.comparison.metric_names import matches, some_names, with_parameters


@pytest.mark.parametrize(
    ("name", "pattern", "expected"),
    [
        ("test_cmp.py::test_cmp[<]", "test_cmp.py::test_cmp[<]", True),
        ("test_cmp.py::test_cmp[<]", "*[<]", True),
        ("test_cmp.py::test_cmp<", "*[<]", False),
        ("BM_Put", "BM_put", False),
        ("service-latency p99", "service-latency p9?", True),
        ("service-latency p99.9", "service-latency p9?", False),
        ("a\nb", "a*b", True),
        ("[!x]", "[!x]", True),
        ("y", "[!x]", False),
    ],
)
def test_matches(name: str, pattern: str, expected: bool) -> None:
    assert matches(name, pattern) is expected


def test_a_message_names_ten_metrics_and_counts_the_rest() -> None:
    names = [f"m{number:02}" for number in range(12, 0, -1)]
    assert some_names(names[:3] * 2) == "m10, m11, m12"
    assert some_names(names) == ", ".join(f"m{number:02}" for number in range(1, 11)) + " and 2 more"


def test_parameters_follow_the_name() -> None:
    assert with_parameters("build", {"threads": 4, "fast": True}) == "build (fast=true, threads=4)"
    assert with_parameters("build", {}) == "build"
