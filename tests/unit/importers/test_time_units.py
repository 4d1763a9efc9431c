"""Dates of other tools."""

from __future__ import annotations

import pytest

from obrelease.importers.time_units import parse_date_ns


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-01T00:00:00+00:00", 1_767_225_600 * 10**9),
        ("2026-01-01T01:00:00+01:00", 1_767_225_600 * 10**9),
        ("2026-01-01T00:00:00", 1_767_225_600 * 10**9),
        ("5138-11-16T09:46:39+00:00", 99_999_999_999 * 10**9),
        ("5138-11-16T09:46:40+00:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_is_one_that_an_artefact_can_hold(text: str, expected: int | None) -> None:
    assert parse_date_ns(text) == expected
