"""`obrelease init`: settings, workflow and policy in any git repository."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.table import table

_STATES: Final = {
    "new": "created",
    "added": "[tool.obrelease] added",
    "replaced": "overwritten",
    "same": "unchanged",
    "kept": "differs, not changed (--force overwrites)",
}

_NEXT_RELEASE: Final = "next: record runs, commit everything, then `obrelease tag v0.1 --remote origin`"
_NEXT_PAGES: Final = "next: record runs, commit everything, push"
_NEXT_PULL_REQUEST: Final = (
    "next: install what the benchmarks need in .github/workflows/benchmarks-pull-request.yml, at the comment"
    " `Install here`; commit everything; open a pull request"
)


@command("init")
def init(
    session: Session,
    results: ResultsOption = None,
    action: Annotated[
        str | None,
        typer.Option(
            "--action",
            metavar="OWNER/REPO@COMMIT",
            help="The action of the release workflow. [default: the commit obrelease was installed from]",
        ),
    ] = None,
    beside: Annotated[
        str | None,
        typer.Option(
            "--beside",
            metavar="TOOL",
            help="Add results to the releases of goreleaser, cargo-dist, release-please or gh.",
        ),
    ] = None,
    pull_request: Annotated[
        bool,
        typer.Option(
            "--pull-request", help="Write only workflows that measure pull requests and comment on them."
        ),
    ] = False,
    pages: Annotated[
        bool, typer.Option("--pages", help="Write only a workflow that publishes the runs as GitHub Pages.")
    ] = False,
    citation: Annotated[
        bool, typer.Option("--citation", help="Add CITATION.cff and .zenodo.json, for archives and papers.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what differs.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written.")] = False,
) -> None:
    """Set up this git repository for releases.

    Settings, the release workflow and its policy are written; with --pull-request or --pages, the
    workflows of these instead. Existing files are overwritten only with --force; a second run changes
    nothing.
    """
    report = api.scaffold(
        session.project(results=results),
        action=action,
        pull_request=pull_request,
        pages=pages,
        citation=citation,
        force=force,
        dry_run=dry_run,
        beside=beside,
    )
    session.out.result(
        report.to_json(),
        lambda: table(
            [(change.path, _STATES[change.state]) for change in report.changes], ("FILE", ""), text=""
        ),
    )
    if report.action is None:
        session.out.warn(
            "the commit of the release action is not known, so the workflow only fails; "
            "name one with --action OWNER/REPO@COMMIT"
        )
    if report.results_ignored_by is not None:
        session.out.warn(
            f"git ignores the results ({report.results_ignored_by}), but a release needs them in the commit; "
            "remove that rule"
        )
    if report.nothing_to_measure:
        session.out.warn(
            "the settings have no benchmark, so a pull request would fail: name what measures, as `run` of "
            "[tool.obrelease.benchmark.NAME]"
        )
    if dry_run:
        session.out.note("nothing was written")
    elif any(change.writes for change in report.changes):
        session.out.note(_next_step(pull_request=pull_request, pages=pages, release=beside is not None))


def _next_step(*, pull_request: bool, pages: bool, release: bool) -> str:
    if pull_request:
        return _NEXT_PULL_REQUEST
    return _NEXT_PAGES if pages and not release else _NEXT_RELEASE
