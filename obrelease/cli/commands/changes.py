"""`obrelease changes`: the change points of all metrics."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.commands.history import FilterArgument
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.output import counted
from obrelease.cli.rendering.history import changes_text, unsearched_text
from obrelease.errors import CheckFailed, Inconclusive


@command("changes")
def changes(
    session: Session,
    metric: Annotated[
        str, typer.Argument(metavar="METRIC", help="The metric's full name, its id, or a shell pattern.")
    ] = "*",
    given: FilterArgument = None,
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="Exit with 1 if a step to worse values is neither accepted nor taken back."
        ),
    ] = False,
    across_hosts: Annotated[
        bool,
        typer.Option(
            "--across-hosts",
            help="One history of all machines; a change is a break, bridged by commits measured on both.",
        ),
    ] = False,
    results: ResultsOption = None,
) -> None:
    """List the change points of all metrics.

    A change point names the commit where the new level begins, the range of commits that holds it with
    95 %, the ratio of the levels with its interval, and its size in standard errors. A fresh one rests on
    the newest runs alone.

    Histories of fewer than 12 runs are not searched; with --check and no other, the exit code is 3.

    `.obrelease/known-changes.toml` lists the changes that are accepted, each with a reason.
    """
    project = session.project(results=results)
    registry = session.registry(results, must_exist=True)
    report = api.history(
        metric,
        *(given or ()),
        registry=registry,
        repository=project,
        across_hosts=across_hosts,
        reporter=session.out,
    )
    alarms = list(report.alarms())
    document = report.to_json() | {"alarms": len(alarms)}
    has_steps = any(history.steps for history in report.histories)
    session.out.result(document, lambda: changes_text(report) if has_steps else "", paged=True)
    searched = len(report.histories) - len(report.too_short)
    if not has_steps:
        session.out.note(f"no change point in {counted(searched, 'history', 'histories')}")
        if report.histories and max(len(history.points) for history in report.histories) == 2:
            session.out.note("two commits are a short history; `obrelease diff` compares them")
    if report.too_short:
        session.out.note(unsearched_text(report))
    if check and not searched:
        raise Inconclusive("no history has enough runs to be searched", hint="record more runs")
    if check and alarms:
        raise CheckFailed(
            f"{counted(len(alarms), 'step')} to worse values",
            hint="accept a step with its reason in .obrelease/known-changes.toml, or take it back",
        )
