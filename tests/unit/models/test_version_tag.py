"""The tag's allow-list: what passes keeps its spelling, what does not never reaches git."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from obrelease.errors import UsageError
from obrelease.models.plan import Plan
from obrelease.models.version_tag import TAG_MAX_LENGTH, Tag

FINAL = ["v1", "v1.2", "v1.2.3", "v1.2.3.4", "1.0", "2024.01.05", "v0.0.0"]
PRERELEASE = ["v0.9-beta", "v1.2.3-rc.1", "v1.0rc1", "1.0b2", "v1.0-alpha-2.x", "v1-0"]
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
    *("v1:x", "v1?", "v1*", "v1[0]", "v1\\x", "v1%0a", "v1+build", "v1#x", "v1'", 'v1"', "v1{a,b}", "v1!"),
    *(
        "V1.0",
        "v1.0-BETA",
        "v1.0-Rc1",
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
