"""The release page must have the contents of the files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from obrelease.release.verify.release_page import (
    lines_after_notes,
    page_differences,
    page_starts_with,
    release_title,
)
from obrelease.remote.forge.protocol import Release

COMMIT = "ab" * 20
NOTES = "# demo\n\ntrue numbers\n"
PAGE = Release(
    id="1",
    tag="v1",
    title="demo v1",
    notes=NOTES + "\n## Against `v0`\n",
    draft=False,
    prerelease=False,
    assets=(),
    url="",
    commit=COMMIT,
)


def changes(page: Release) -> tuple[str, ...]:
    return page_differences(
        page, title=release_title("demo", "v1"), commit=COMMIT, notes=NOTES, prerelease=False
    )


def test_an_unchanged_page_has_no_differences() -> None:
    assert changes(PAGE) == ()
    assert changes(replace(PAGE, commit="main")) == ()
    assert changes(replace(PAGE, notes=PAGE.notes.replace("\n", "\r\n"))) == ()


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (replace(PAGE, title="demo v2"), "its title is 'demo v2'"),
        (replace(PAGE, commit="cd" * 20), "it names the commit"),
        (replace(PAGE, notes=PAGE.notes.replace("true", "better")), "do not start"),
        (replace(PAGE, notes=""), "do not start"),
        (replace(PAGE, prerelease=True), "prerelease=True"),
    ],
)
def test_each_change_of_the_page_is_reported(page: Release, said: str) -> None:
    (difference,) = changes(page)
    assert said in difference


def test_lines_that_only_the_page_has_are_counted() -> None:
    assert lines_after_notes(PAGE.notes, NOTES) == 1
    assert lines_after_notes(NOTES.replace("\n", "\r\n") + "\n\n", NOTES) == 0


def test_notes_may_go_on_and_may_not_start_otherwise() -> None:
    assert page_starts_with("a\r\nb  \n\nc", "a\nb\n")
    assert not page_starts_with("x\na\nb", "a\nb\n")
