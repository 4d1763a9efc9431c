"""When text is in colour, and what is: words, headings and marks, never what a file says."""

from __future__ import annotations

import io
import re

import pytest

from obrelease.cli.console.color import (
    ColorChoice,
    color_choice,
    painted,
    painted_help,
    painted_message,
    uses_color,
)
from obrelease.cli.console.marks import change_mark, in_encoding, marked, shapes
from obrelease.cli.console.output import Output
from obrelease.cli.console.settings import color_of_environment


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, None),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, None),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
        ({"FORCE_COLOR": "0"}, None),
        ({"FORCE_COLOR": "3"}, True),
        ({"CLICOLOR_FORCE": "1", "CLICOLOR": "0"}, True),
        ({"CLICOLOR_FORCE": "0", "CLICOLOR": "0"}, False),
        ({"CLICOLOR": "1"}, None),
        ({"TERM": "dumb"}, False),
    ],
)
def test_the_rule_of_the_environment(environ: dict[str, str], wanted: bool | None) -> None:
    assert color_of_environment(environ) is wanted


@pytest.mark.parametrize("name", ["NO_COLOR", "FORCE_COLOR"])
def test_the_option_goes_before_the_environment(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    assert uses_color(ColorChoice.ALWAYS, io.StringIO())
    assert not uses_color(ColorChoice.NEVER, Terminal())
    assert uses_color(ColorChoice.AUTO, io.StringIO()) is (name == "FORCE_COLOR")


def test_without_a_wish_a_terminal_has_colour_and_a_file_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert uses_color(ColorChoice.AUTO, Terminal())
    assert not uses_color(ColorChoice.AUTO, io.StringIO())
    assert not uses_color(ColorChoice.AUTO, None)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ([], "auto"),
        (["list", "--color", "always"], "always"),
        (["--color=never", "list"], "never"),
        (["--color=never", "list", "--color", "always"], "always"),
        (["--color", "nonsense"], "auto"),
        (["list", "--color"], "auto"),
        (["measure", "--", "tool", "--color", "always"], "auto"),
    ],
)
def test_the_choice_of_a_command_line(words: list[str], wanted: str) -> None:
    assert color_choice(words) == wanted


def test_a_mark_has_a_shape_for_people_and_a_word_always() -> None:
    assert marked("worse") == "worse"
    with shapes(True):
        assert marked("worse") == "✗ worse"
        assert marked("passed", "3 passed") == "✓ 3 passed"
        assert marked("inconclusive") == "~ inconclusive"
        assert marked("same") == "= same"
    assert marked("worse") == "worse"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a  ✗ worse: 1.2", "a  \x1b[31m✗ worse\x1b[0m: 1.2"),
        ("gate: ✓ ok", "gate: \x1b[32m✓ ok\x1b[0m"),
        ("a  ~ 3 passed, unstable", "a  \x1b[33m~ 3 passed, unstable\x1b[0m"),
        (f"{change_mark('better')} 0.8x", "\x1b[32m▼ better 0.8x\x1b[0m"),
        ("about ~ 5 %", "about ~ 5 %"),
        ("= same: 1", "= same: 1"),
    ],
)
def test_marks_are_painted(text: str, wanted: str) -> None:
    assert painted(text) == wanted


def test_messages_are_painted_by_their_first_word() -> None:
    assert painted_message("error: no\nhint: yes").startswith("\x1b[1;31merror:\x1b[0m no\n\x1b[1;36mhint:")
    assert painted_message("an error: no") == "an error: no"


def test_help_without_its_colours_is_the_plain_help() -> None:
    text = "Usage: p [OPTIONS]\n\n  Do it.\n\nOptions:\n  -q, --quiet  No notes.\n\nExamples:\n  p -q"
    shown = painted_help(text)
    assert re.sub(r"\x1b\[[\d;]*m", "", shown) == text
    assert "  \x1b[36m-q, --quiet\x1b[0m  No notes." in shown
    assert "\n  Do it.\n" in shown


def test_an_escape_sequence_of_a_file_is_never_printed(capsys: pytest.CaptureFixture[str]) -> None:
    Output(color=True).result({}, "\x1b[31mred\x1b[0m  ✓ ok")
    assert capsys.readouterr().out == "\\x1b[31mred\\x1b[0m  \x1b[32m✓ ok\x1b[0m\n"


def test_a_text_for_a_program_is_never_painted(capsys: pytest.CaptureFixture[str]) -> None:
    Output(color=True).result({}, "✗ worse\n", as_is=True)
    assert capsys.readouterr().out == "✗ worse\n"


def test_an_encoding_without_the_shapes_gets_letters_of_the_same_width() -> None:
    text = "✓ ok  ✗ worse  ▲ ▼ ◆ ── ▁▂▃▄▅▆▇█"
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    assert in_encoding(text, stream) == "+ ok  x worse  ^ v * -- _.-:=+*#"
    assert in_encoding(text, io.TextIOWrapper(io.BytesIO(), encoding="utf-8")) == text
    assert in_encoding("✓ naïve", io.TextIOWrapper(io.BytesIO(), encoding="cp1252")) == "+ naïve"
