"""Pages that are longer than the forge accepts are cut at a line end, and known again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obrelease.release.page_text import compose_page, page_coverage
from obrelease.remote.forge.limits import CLAIM_CHARACTERS, GITHUB_LIMITS

SMALL = replace(GITHUB_LIMITS, page_characters=2000)
BUNDLE = "demo-v1.tar.gz"


def notes(lines: int, start: str = "# demo\n\n") -> str:
    return start + "".join(f"line {number} of the notes\n" for number in range(lines))


def test_a_short_page_is_whole() -> None:
    page = compose_page(notes(3), bundle=BUNDLE, limits=SMALL, words="Words.", against="## Against `v0`")
    assert page == f"Words.\n\n## Against `v0`\n\n{notes(3)}"
    found = page_coverage(page, notes(3), SMALL)
    assert found is not None
    assert (found.is_cut, found.other_lines) == (False, 2)


@pytest.mark.parametrize("count", [100, 125, 1000, 5000])
def test_a_long_page_is_cut_at_a_line_end_and_names_the_bundle(count: int) -> None:
    page = compose_page(notes(count), bundle=BUNDLE, limits=SMALL)
    assert len(page) <= SMALL.page_characters - CLAIM_CHARACTERS
    lines = page.splitlines()
    assert lines[-1] == f"*The page is cut here: the rest is in NOTES.md of* `{BUNDLE}`."
    assert set(lines[:-2]) <= set(notes(count).splitlines())
    found = page_coverage(page, notes(count), SMALL)
    assert found is not None
    assert found.is_cut
    assert found.other_lines == 0


def test_open_blocks_are_closed_before_the_end() -> None:
    text = notes(2, "# demo\n\n<details>\n\n```sh\n") + notes(500, "")
    page = compose_page(text, bundle=BUNDLE, limits=SMALL)
    assert page.count("```") == 2
    assert page.count("<details>") == page.count("</details>") == 1
    found = page_coverage(page, text, SMALL)
    assert found is not None
    assert found.is_cut
    assert found.other_lines <= 2, "only what closes the blocks"


def test_a_page_that_need_not_be_cut_must_be_whole() -> None:
    """Somebody who shortens a page by the line of a cut is found out."""
    whole = notes(20)
    cut = compose_page(notes(1000), bundle=BUNDLE, limits=SMALL).splitlines()[-1]
    shortened = "\n".join([*whole.splitlines()[:5], "", cut])
    assert page_coverage(shortened, whole, SMALL) is None
    assert page_coverage(shortened, whole, None) is None


def test_a_cut_page_with_an_edited_line_is_none() -> None:
    page = compose_page(notes(1000), bundle=BUNDLE, limits=SMALL)
    assert page_coverage(page.replace("line 7 of", "line 8 of"), notes(1000), SMALL) is None


@given(
    body=st.lists(
        st.sampled_from(["", "a", "```", "<details>", "</details>", "| x |", "b" * 300]), max_size=60
    ),
    words=st.sampled_from(["", "Words.\n\n* one", "w" * 1500]),
    base=st.sampled_from(["", "# theirs\n\ntext"]),
)
def test_whatever_is_composed_is_known_again(body: list[str], words: str, base: str) -> None:
    """Rule: `page_coverage` accepts every page that `compose_page` makes."""
    text = "\n".join(["# demo v1 at a commit", *body, "end of the notes"]) + "\n"
    page = compose_page(text, bundle=BUNDLE, limits=SMALL, words=words, base=base)
    assert len(page) <= SMALL.page_characters
    assert page_coverage(page, text, SMALL) is not None
    assert page_coverage(page.replace("\n", "\r\n"), text, SMALL) is not None
