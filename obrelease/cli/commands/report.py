"""`obrelease report`: a comparison for a pull request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import sides
from obrelease.cli.console.options import SIDE_HELP, ForceOption, ForgeOption, SameHostOption
from obrelease.cli.console.settings import step_summary_file
from obrelease.cli.console.text_file import append_text, write_text
from obrelease.errors import UsageError


@command("report")
def report(
    session: Session,
    base: Annotated[str, typer.Argument(metavar="A", help=f"The base: {SIDE_HELP}.", autocompletion=sides)],
    head: Annotated[
        str,
        typer.Argument(metavar="B", help="What is compared with it, in the same form.", autocompletion=sides),
    ],
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="Before the headline.")] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the Markdown into FILE.")
    ] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="Add it to the summary of the GitHub Actions job.")
    ] = False,
    annotate: Annotated[
        bool, typer.Option("--annotations", help="Print a GitHub annotation for each metric that is worse.")
    ] = False,
    openmetrics: Annotated[
        Path | None,
        typer.Option("--openmetrics", metavar="FILE", help="Write OpenMetrics text, as GitLab reads it."),
    ] = None,
    badge: Annotated[
        Path | None,
        typer.Option("--badge", metavar="FILE", help="Write the JSON of a shields.io endpoint badge."),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help="A gate policy, for its level and its thresholds."),
    ] = None,
    confirmed: Annotated[
        bool,
        typer.Option("--confirmed", help="Of what `measure --confirm` measured twice, the second alone."),
    ] = False,
    force: ForceOption = False,
    same_host: SameHostOption = False,
    results: ResultsOption = None,
    forge: ForgeOption = None,
) -> None:
    """Report a comparison as Markdown for a pull request.

    One headline, the rows that changed, and the rest folded: at most 65,536 characters, which is what
    a comment on GitHub takes. If nothing changed and nothing is missing, it is one line. Runs of several
    workloads are compared workload by workload.
    """
    project = session.project(results=results, forge=forge)
    found = api.report_comparison(
        base,
        head,
        project=project,
        title=title,
        force=force,
        same_host=same_host,
        policy=policy,
        confirmed=confirmed,
        reporter=session.out,
    )
    if summary:
        file = step_summary_file()
        if file is None:
            raise UsageError(
                "there is no job summary here", hint="GITHUB_STEP_SUMMARY names it on GitHub Actions"
            )
        append_text(file, found.text)
    files = (
        (output, found.text),
        (openmetrics, found.openmetrics),
        (badge, json.dumps(dict(found.badge), ensure_ascii=False) + "\n"),
    )
    written = [(path, text) for path, text in files if path is not None]
    for path, text in written:
        write_text(path, text)
    shown = "\n".join(found.annotations) if annotate else "" if output is not None else found.text
    session.out.result(found.to_json(), shown, as_is=True)
    for path, _ in written:
        session.out.note(f"written: {path}")
