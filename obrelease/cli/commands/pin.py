"""`obrelease pin`: name a run, or list the names."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import pins, runs
from obrelease.errors import UsageError


@command("pin")
def pin(
    session: Session,
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="The name; without one, all are listed.", autocompletion=pins),
    ] = None,
    digest: Annotated[
        str | None,
        typer.Argument(
            metavar="DIGEST", help="The run: a digest or its prefix, or `latest`.", autocompletion=runs
        ),
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove the name; the run stays.")] = False,
    move: Annotated[bool, typer.Option("--move", help="Take the name from the run that has it.")] = False,
    results: ResultsOption = None,
) -> None:
    """Name a run, or list the names.

    Use the name instead of a digest in any command. `gc` does not remove a run that has a name.
    """
    registry = session.registry(results, must_exist=True)
    if name is None:
        if delete or move:
            raise UsageError("the name is missing", hint="obrelease pin NAME DIGEST")
    elif delete:
        if digest is not None or move:
            raise UsageError("--delete takes a name alone", hint=f"obrelease pin --delete {name}")
        registry.unpin(name)
    elif digest is None:
        raise UsageError(f"which run is {name!r}?", hint=f"obrelease pin {name} DIGEST")
    else:
        registry.pin(name, digest, move=move)
    names = registry.pins()
    session.out.result(
        {"pins": names}, lambda: "\n".join(f"{pinned}  {name}" for name, pinned in names.items())
    )
