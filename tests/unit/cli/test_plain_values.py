"""Values that Typer is spared to convert are those that it would have made."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import pytest
import typer

from obrelease.cli.console.command import named_folder
from obrelease.cli.console.plain_values import with_plain_values


class Choice(StrEnum):
    RED = "red"
    GREEN = "green"


GIVEN = (
    (), ("--text", "a"), ("--text", ""), ("--text", "\udcff"), ("--many", "a", "--many", "b"),
    ("--number", "12"), ("--number", "-3"), ("--number", "1.5"), ("--number", "٣"), ("--number", " 7 "),
    ("--number", "9" * 30), ("--ranged", "3"), ("--ranged", "99"), ("--folder", "here"), ("--folder", ""),
    ("--flag",), ("-v", "-v"), ("--path", "a/b"), ("one", "two"),
    ("--choice", "red"), ("--choice", "blue"), ("--choice", "Red"),
)  # fmt: skip


def parsed(words: tuple[str, ...], *, plain: bool) -> Any:
    """What a command function gets, or the error of the parser."""
    got: dict[str, Any] = {}

    def function(
        names: Annotated[list[str] | None, typer.Argument()] = None,
        text: Annotated[str | None, typer.Option("--text")] = None,
        many: Annotated[list[str] | None, typer.Option("--many")] = None,
        number: Annotated[int | None, typer.Option("--number")] = None,
        ranged: Annotated[int, typer.Option("--ranged", min=1, max=9)] = 5,
        folder: Annotated[Any, typer.Option("--folder", parser=named_folder)] = None,
        path: Annotated[typer.FileText | None, typer.Option("--file")] = None,
        flag: Annotated[bool, typer.Option("--flag")] = False,
        choice: Annotated[Choice, typer.Option("--choice")] = Choice.RED,
        verbose: Annotated[int, typer.Option("-v", count=True)] = 0,
    ) -> None:
        got.update(locals())
        del got["got"]

    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(function)
    command = typer.main.get_command(app)
    if plain:
        with_plain_values(command.params)
    try:
        command(list(words), standalone_mode=False)
    except Exception as error:
        return type(error).__name__, str(error)
    return got


@pytest.mark.parametrize("words", GIVEN)
def test_plain_values_are_those_of_typer(words: tuple[str, ...]) -> None:
    assert parsed(words, plain=True) == parsed(words, plain=False)
