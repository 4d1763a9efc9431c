"""`obrelease import`: record the results files of other benchmark tools."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import formats, words
from obrelease.cli.rendering.imports import import_text
from obrelease.errors import InvalidInput

_SHORT: Final = 12


def _next_step(results: Path, imported: api.ImportedRun, new: api.Entry) -> str:
    """What to do with a run that was recorded: compare its commit with another, or what that needs."""
    found = api.next_comparison(results, new)
    if found.missing is None and found.base_commit and new.commit:
        base, head = (
            shlex.quote(f"scenario={new.scenario} commit={commit[:_SHORT]}")
            for commit in (found.base_commit, new.commit)
        )
        return f"next: `obrelease diff {base} {head}` compares {found.counts[0]} + {found.counts[1]} runs"
    reason = found.missing or "the runs of a commit are a side, and these name none"
    return (
        f"next: {reason}. A file is one run, repetitions are its samples: import more files of two commits,"
        f" or let `obrelease measure --against REF --format {imported.format} -- COMMAND` measure both"
    )


@command("import")
def import_files(
    session: Session,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE", help="Files, folders, quoted patterns, or - for standard input."),
    ],
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="The format of all files; detected by default.",
            autocompletion=formats,
        ),
    ] = None,
    commit: Annotated[
        str | None,
        typer.Option(
            "--commit",
            metavar="REF",
            help="The commit that was measured. [default: that of the file, else HEAD of a clean work tree]",
        ),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="NAME", help="The machine that measured. [default: that of the file]"),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label", metavar="KEY=VALUE", help="A label of the runs; may be repeated.", show_default=False
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="When it was measured, in ISO 8601. [default: that of the file, else its modification time]",
        ),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", metavar="NAME", help="The workload. [default: what the file suggests]"),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse a file with rows that failed or were skipped.")
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Record the good files even if others are refused.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be recorded, and record nothing.")
    ] = False,
    unit: Annotated[
        str,
        typer.Option(
            "--unit",
            metavar="UNIT",
            help="Unit of the values in an HdrHistogram log: ns, us, ms or s.",
            autocompletion=words(ns="nanoseconds", us="microseconds", ms="milliseconds", s="seconds"),
        ),
    ] = "ns",
    clock: Annotated[
        str,
        typer.Option(
            "--clock",
            metavar="CLOCK",
            help="What such a log timed: service, or response from intended arrival.",
            autocompletion=words(
                service="from start to end", response="from the intended arrival to the end"
            ),
        ),
    ] = "service",
    results: ResultsOption = None,
) -> None:
    """Record what other tools measured.

    The bytes of each file are kept in its run, and a file that was imported before is not recorded again.
    Nothing is recorded unless all files are good.
    """
    project = session.project(results=results)
    project.results_folder(must_exist=False)
    report = api.import_results(
        files,
        format_name=format_,
        registry=project.results,
        repository=project,
        scenario=scenario,
        commit=commit,
        host=host,
        labels=api.parse_labels(label or ()),
        at=at,
        strict=strict,
        keep_going=keep_going,
        dry_run=dry_run,
        unit=unit,
        clock=clock,
        stdin=sys.stdin.buffer if sys.stdin is not None else None,
        reporter=session.out,
    )
    session.out.result(report.to_json(), lambda: import_text(report))
    if any(run.entry and not run.recorded for run in report.runs) and not dry_run:
        session.out.note("runs that were recorded before keep the facts that they were recorded with")
    if recorded := [(run, run.entry) for run in report.runs if run.entry and run.recorded]:
        session.out.note(_next_step(project.results, *recorded[-1]))
    if report.refused:
        first = report.refused[0]
        files_read = len({run.file for run in report.runs}) + len(report.refused)
        raise InvalidInput(
            f"{len(report.refused)} of {files_read} files refused; the first is {first.file}: {first.reason}",
            hint=first.hint,
        )
