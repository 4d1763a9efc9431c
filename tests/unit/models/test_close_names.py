"""A name that does not exist is answered with the one that was probably meant."""

from __future__ import annotations

import pytest

from obrelease.models.close_names import did_you_mean, hint_with_suggestion


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("basline", "did you mean 'baseline'?"),
        ("BASELINE", "did you mean 'baseline'?"),
        ("swng-25", "did you mean 'swing-25'?"),
        ("absent", None),
        ("", None),
        ("b" * 201, None),
    ],
)
def test_the_closest_name(name: str, meant: str | None) -> None:
    assert did_you_mean(name, ["baseline", "swing-25", "x10"]) == meant


@pytest.mark.parametrize(
    ("name", "meant"), [("gogle", "google-benchmark"), ("pytest", "pytest-benchmark"), ("go", "go")]
)
def test_the_beginning_of_a_name(name: str, meant: str) -> None:
    known = ["google-benchmark", "pytest-benchmark", "go"]
    assert did_you_mean(name, known) == f"did you mean {meant!r}?"


def test_many_names_of_a_file_are_not_compared() -> None:
    assert did_you_mean("name1", (f"name{number}" for number in range(10_001))) is None


def test_a_hint_begins_with_the_suggestion() -> None:
    assert hint_with_suggestion("x1", ["x10"], "names: x10") == "did you mean 'x10'? names: x10"
    assert hint_with_suggestion("zz", ["x10"], "names: x10") == "names: x10"
