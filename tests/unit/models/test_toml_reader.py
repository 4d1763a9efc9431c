"""The one reader of TOML: what it accepts unchanged, and its bounds."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput, UsageError
from obrelease.models.toml_reader import read_toml, read_toml_file

DOTS = "a." * 50
DIGITS = "9" * 80
MANY = "[" * 50
ACCEPTED = "\n".join(
    [
        f"# a comment with {MANY} and 'quotes",
        f'path = "{DOTS}b" # 9',
        f"literal = '{MANY}'",
        f'digits = "{DIGITS}"',
        'escaped = "\\" # ["',
        'text = """',
        f'{MANY} "" \\"',
        f'{DOTS}"""',
        f"lines = '''{MANY}'''",
        "floats = [" + "1.5, " * 50 + "]",
        '[a.b."c.d"]',
        "when = 1979-05-27T07:32:00.999999Z",
    ]
)


def test_brackets_dots_and_digits_in_strings_and_comments_do_not_count() -> None:
    for text in (ACCEPTED, ACCEPTED.replace("\n", "\r\n")):
        assert read_toml(text.encode(), "x") == tomllib.loads(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"x = " + b"[" * 33 + b"]" * 33, "nested deeper than 32"),
        (b"x = [\n" * 33, "nested deeper than 32"),
        (b"a" + b" . a" * 32 + b" = 1", "more than 32 parts"),
        (b"[a" + b".a" * 32 + b"]", "more than 32 parts"),
        (b"x = " + b"9" * 65, "more than 64 digits"),
        (b"x = -1" + b"_0" * 64, "more than 64 digits"),
        (b"x = 0x" + b"f" * 65, "more than 64 digits"),
        (b"# x\n" * 300_000, "larger than 1048576 bytes"),
    ],
)
def test_what_exceeds_a_bound_is_invalid_input_for_every_caller(text: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        read_toml(text, "x", malformed=UsageError)


@pytest.mark.parametrize("text", [b"x = ", b"\xff", b"x = 1\nx = 1", b'x = """'])
def test_malformed_text_is_the_error_of_the_caller(text: bytes) -> None:
    with pytest.raises(UsageError, match="x: not valid TOML"):
        read_toml(text, "x", malformed=UsageError)


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe", tmp_path / "link", tmp_path):
        with pytest.raises(InvalidInput):
            read_toml_file(path)
