"""`obrelease help`: the help of a command by its name."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease.cli.console.command import Session, command
from obrelease.cli.console.help import help_text


@command("help")
def help_command(
    session: Session,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="COMMAND", help="The words of a command, such as run bench.")
    ] = None,
) -> None:
    """Show the help of a command.

    The same as `obrelease COMMAND --help`.
    """
    text = help_text(session.context, words or [])
    session.out.result({"help": text}, text, paged=True)
