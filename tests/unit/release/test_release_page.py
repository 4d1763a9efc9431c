"""The release page must have the contents of the files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from obrelease.release.page_text import JOINED_MARK, compose_page
from obrelease.release.verify.release_page import page_differences, page_remarks, release_title
from obrelease.remote.forge.limits import GITHUB_LIMITS
from obrelease.remote.forge.protocol import Release

COMMIT = "ab" * 20
NOTES = "# demo\n\ntrue numbers\n"
PAGE = Release(
    id="1",
    tag="v1",
    title="demo v1",
    notes="New words.\n\n" + NOTES + "\n## Against `v0`\n",
    draft=False,
    prerelease=False,
    assets=(),
    url="",
    commit=COMMIT,
)
TITLE = release_title("demo", "v1")


def changes(page: Release) -> tuple[str, ...]:
    return page_differences(page, title=TITLE, commit=COMMIT, notes=NOTES, prerelease=False)


def remarks(page: Release) -> tuple[str, ...]:
    return page_remarks(page, title=TITLE, notes=NOTES, prerelease=False, limits=GITHUB_LIMITS)


def test_an_unchanged_page_has_no_differences() -> None:
    assert changes(PAGE) == ()
    assert changes(replace(PAGE, commit="main")) == ()
    assert changes(replace(PAGE, notes=PAGE.notes.replace("\n", "\r\n"))) == ()


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (replace(PAGE, title="demo v2"), "its title is 'demo v2'"),
        (replace(PAGE, commit="cd" * 20), "it names the commit"),
        (replace(PAGE, notes=PAGE.notes.replace("true", "better")), "does not have the bundle's NOTES.md"),
        (replace(PAGE, notes=""), "does not have the bundle's NOTES.md"),
        (replace(PAGE, prerelease=True), "prerelease=True"),
    ],
)
def test_each_change_of_the_page_is_reported(page: Release, said: str) -> None:
    (difference,) = changes(page)
    assert said in difference


def test_lines_that_only_the_page_has_are_counted() -> None:
    assert remarks(PAGE) == ("2 lines besides the notes are of the page alone",)
    assert remarks(replace(PAGE, notes=NOTES.replace("\n", "\r\n") + "\n\n")) == ()


def test_a_page_of_another_tool_keeps_its_title_and_is_named() -> None:
    page = compose_page(NOTES, bundle="demo-v1.tar.gz", limits=GITHUB_LIMITS, base="# Changelog\n* a fix\n")
    joined = replace(PAGE, title="v1.0", notes=page, prerelease=True)
    assert JOINED_MARK in page
    assert changes(joined) == ()
    assert remarks(joined)[:2] == ("another tool made the page", "its title is 'v1.0'")
    edited = replace(joined, notes=page.replace("true", "better"))
    assert changes(edited) == ("it does not have the bundle's NOTES.md",)
