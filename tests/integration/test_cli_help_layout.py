"""The help of every command at three widths, with and without colour: it fits, and no word is broken."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import typer

from obrelease.cli.app import app, execute
from obrelease.errors import ExitCode

WIDTHS = (60, 80, 160)


def names() -> Iterator[str]:
    """The program, its groups and its commands."""
    yield ""
    for name, lazy in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        yield name
        yield from (f"{name} {below}" for below in getattr(lazy.load(), "commands", {}))


NAMES = tuple(names())


def shown(name: str, capsys: pytest.CaptureFixture[str], color: str = "auto") -> str:
    """What `--help` prints."""
    capsys.readouterr()
    assert execute(["--color", color, *name.split(), "--help"]) == ExitCode.OK
    answer = capsys.readouterr()
    assert answer.err == ""
    return answer.out


@pytest.mark.parametrize("name", NAMES)
def test_help_fits_and_breaks_no_word(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = []
    for width in WIDTHS:
        monkeypatch.setenv("COLUMNS", str(width))
        text = shown(name, capsys)
        colored = shown(name, capsys, "always")
        assert "\x1b[1mUsage:\x1b[0m" in colored
        assert "--help\x1b[0m" in colored
        assert re.sub(r"\x1b\[[\d;]*m", "", colored) == text
        assert [line for line in text.splitlines() if len(line) > width] == []
        assert not any(line.endswith(" ") for line in text.splitlines())
        texts.append(re.sub(r"\\\n", " ", text).split())
    assert texts[0] == texts[1] == texts[2]


@pytest.mark.parametrize("name", NAMES)
def test_every_word_of_the_parser_is_in_the_help(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    words = shown(name, capsys).split()
    command = typer.main.get_command(app)
    context = command.make_context("obrelease", [], resilient_parsing=True)
    for word in name.split():
        lazy = context.command.commands[word]  # type: ignore[attr-defined]
        context = lazy.make_context(word, [], parent=context, resilient_parsing=True)
    texts = [context.command.help or ""]
    texts += [
        record[1]
        for param in context.command.get_params(context)
        if (record := param.get_help_record(context)) is not None
    ]
    assert {word for text in texts for word in text.replace("\b", "").split()} <= set(words)
