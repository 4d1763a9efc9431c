"""`obrelease comment`: the one comment of a workflow on a pull request."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import Session, command
from obrelease.errors import UsageError


@command("comment")
def comment(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The Markdown that `obrelease report` wrote.")],
    number: Annotated[
        int | None, typer.Option("--pull-request", metavar="NUMBER", help="The pull request.")
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            "--head", metavar="OWNER:BRANCH", help="The head of an open pull request, with --commit."
        ),
    ] = None,
    commit: Annotated[
        str | None, typer.Option("--commit", metavar="SHA", help="The newest commit of that branch.")
    ] = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Of the comment; each name has one of its own.")
    ] = "benchmarks",
) -> None:
    """Make or update the one comment on a pull request.

    A text of one line means that nothing changed: it updates a comment that is there, and makes none.
    FILE may come from a job that ran code of a fork: it is only shown, and mentions in it are inert.
    """
    if number is not None and number < 1:
        raise UsageError(f"--pull-request is {number}; it is at least 1")
    text = api.read_comment(file)
    result = api.comment_on_pull_request(
        text,
        project=session.project(),
        number=number,
        head=head,
        commit=commit,
        name=name,
        silent=len(text.strip().splitlines()) <= 1,
        reporter=session.out,
    )
    session.out.result(
        {"state": result.state, "address": result.address},
        f"{result.state} {result.address}" if result.address else result.state,
    )
