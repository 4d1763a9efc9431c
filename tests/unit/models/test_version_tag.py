"""The tag's allow-list: what passes keeps its spelling, what does not never reaches git."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from obrelease.errors import UsageError
from obrelease.models.plan import Plan
from obrelease.models.version_tag import TAG_MAX_LENGTH, TAG_SCHEMA_PATTERN, Tag

FINAL = ["v1", "v1.2", "v1.2.3", "v1.2.3.4", "1.0", "2024.01.05", "v0.0.0"]
FINAL += ["v1.0.0+build.5", "v1.0.post1", "1.0.post2+local", "2024-11-28", "24.04", "v1.0.Final", "v1.0.GA"]
PRERELEASE = ["v0.9-beta", "v1.2.3-rc.1", "v1.0rc1", "1.0b2", "v1.0-alpha-2.x", "v1-0"]
PRERELEASE += ["v1.0.0-RC1", "v1.0-SNAPSHOT", "v1.0.dev3", "1.0.post1.dev2", "v1.0.RC1", "v1.0.0-beta+exp.5"]
PRERELEASE += ["v1.0-BETA", "v1.0-Rc1", "v1.0.M1", "1.0a1.dev2"]
PREFIXES = {
    "pkg/v1.2.3": ("pkg/", False),
    "name-v1.2": ("name-", False),
    "pkg@1.2.3": ("pkg@", False),
    "@scope/pkg@1.2.3-rc.1": ("@scope/pkg@", True),
    "crates/a/v2.0.0-RC1": ("crates/a/", True),
    "crate-name-0.3.1": ("crate-name-", False),
    "beta-v1.0": ("beta-", False),
    "rc/v1.0": ("rc/", False),
}
HOSTILE = [
    *("", " ", "v", "HEAD", "head", "FETCH_HEAD", "refs/tags/v1", "v1/2", "latest", "main", "@", "@{u}"),
    *(
        "v1;id",
        "$(id)",
        "`id`",
        "v1|id",
        "v1&id",
        "v1>x",
        "v1 2",
        "v1\n",
        "\nv1",
        "v1\r",
        "v1\0",
        "v1\t",
        "v1\x1b[31m",
    ),
    *(
        "..",
        "v1..2",
        "v1.",
        ".v1",
        "-v1",
        "--exec=x",
        "v1-",
        "v1--x",
        "v1-.x",
        "v1-x.lock",
        "v1.lock",
        "v1~1",
        "v1^{}",
    ),
    *("v1:x", "v1?", "v1*", "v1[0]", "v1\\x", "v1%0a", "v1#x", "v1'", 'v1"', "v1{a,b}", "v1!"),
    *(
        "V1.0",
        "v1.0-béta",
        "v1.0-be\u0301ta",
        "v\u0661",
        "v\uff11",
        "v1\u200b",
        "v1\u202e",
    ),
    *(
        "1234567",
        "deadbeef",
        "a" * 40,
        "0" * 40,
        "v1.2.3.4.5",
        "1",
        "con",
        "nul",
        "v1.con.",
        "v" + "1" * TAG_MAX_LENGTH,
    ),
]


@pytest.mark.parametrize("text", FINAL)
def test_a_version_is_a_tag(text: str) -> None:
    assert (Tag.parse(text).text, Tag.parse(text).prerelease) == (text, False)


@pytest.mark.parametrize("text", PRERELEASE)
def test_a_suffix_makes_a_prerelease(text: str) -> None:
    assert (str(Tag.parse(text)), Tag.parse(text).prerelease) == (text, True)


@pytest.mark.parametrize("text", HOSTILE)
def test_everything_else_is_refused_without_being_echoed_raw(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Tag.parse(text)
    assert caught.value.message.isprintable()
    assert caught.value.message.isascii()
    assert caught.value.hint


@pytest.mark.parametrize("text", ["v" + "1" * (TAG_MAX_LENGTH - 1), "v0-" + "x" * (TAG_MAX_LENGTH - 3)])
def test_the_longest_tag_passes(text: str) -> None:
    assert Tag.parse(text).text == text


@pytest.mark.parametrize("text", PREFIXES)
def test_a_prefix_is_no_part_of_the_version_and_does_not_hide_a_prerelease(text: str) -> None:
    tag = Tag.parse(text)
    assert (tag.prefix, tag.prerelease) == PREFIXES[text]
    assert tag.prefix + tag.version == text
    assert "/" not in tag.file_stem
    assert "+" not in tag.file_stem


def test_order_of_python_versions_is_that_of_pep_440() -> None:
    ordered = [
        *("1.0.dev1", "1.0.dev2", "1.0a1.dev1", "1.0a1", "1.0a2", "1.0b1", "1.0rc1", "1.0"),
        *("1.0.post1.dev1", "1.0.post1", "1.0.post2", "1.0.1"),
    ]
    assert [tag.text for tag in sorted(map(Tag.parse, reversed(ordered)))] == ordered


@pytest.mark.parametrize("text", [*FINAL, *PRERELEASE, *PREFIXES, *HOSTILE])
def test_the_exported_pattern_accepts_the_same_tags(text: str) -> None:
    try:
        accepted = Tag.parse(text).text == text
    except UsageError:
        accepted = False
    fits = len(text) <= TAG_MAX_LENGTH and re.search(TAG_SCHEMA_PATTERN, text, re.ASCII) is not None
    assert accepted == (fits and not text.endswith("\n"))


def test_order_is_that_of_versions() -> None:
    ordered = [
        "v0.9-alpha",
        "v0.9-beta",
        "v0.9-beta.2",
        "v0.9-beta.10",
        "v0.9-rc1",
        "v0.9",
        "v0.9.1",
        "v0.10",
        "v1",
        "v1.0",
    ]
    assert [tag.text for tag in sorted(map(Tag.parse, reversed(ordered)))] == ordered


def test_a_document_refuses_the_same_tags() -> None:
    def plan(tag: str) -> Plan:
        return Plan(project="demo", tag=tag, commit="0" * 40, prerelease=True, runs=(), steps=())

    assert plan("v0.9-beta").tag == "v0.9-beta"
    for text in ("v1-x.lock", "HEAD", "v1;id"):
        with pytest.raises(ValidationError):
            plan(text)
    with pytest.raises(ValidationError, match="says otherwise"):
        plan("v1")
