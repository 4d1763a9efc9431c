"""`obrelease init`: settings, workflow and policy in any git repository."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.output import table
from obrelease.errors import UsageError

_SAID = {
    "new": "made",
    "added": "[tool.obrelease] added",
    "replaced": "overwritten",
    "same": "as it should be",
    "kept": "differs, left alone (--force overwrites)",
}


@command("init")
def init(
    session: Session,
    results: ResultsOption = None,
    requirement: Annotated[
        str | None,
        typer.Option(
            "--requirement", metavar="SPEC", help="What pip installs in the workflow. Default: this version."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what differs.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written.")] = False,
) -> None:
    """Set up this git repository for releases.

    Settings, the release workflow and its policy are written. What is there already is overwritten
    with --force alone; a second run changes nothing.
    """
    from obrelease import __version__
    from obrelease.release.init_project import apply, planned
    from obrelease.remote.git.repository import GitRepository

    repo = GitRepository.open(Path.cwd())
    root = repo.root
    repo.close()
    settings = session.settings(results=results)
    if settings.root != root:
        raise UsageError(
            f"{settings.root} lies inside the repository {root}, whose workflows stand at its top",
            hint=f"run it in {root}",
        )
    wanted = f"obrelease=={__version__}" if requirement is None else requirement
    changes = planned(root, results=settings.results.absolute(), requirement=wanted, force=force)
    if not dry_run:
        apply(root, changes)
    session.out.result(
        {
            "root": str(root),
            "dry_run": dry_run,
            "files": [{"path": change.path, "state": change.state} for change in changes],
        },
        lambda: table([(change.path, _SAID[change.state]) for change in changes], ("FILE", "")),
    )
    if dry_run:
        session.out.note("nothing was written")
    elif any(change.writes for change in changes):
        session.out.note("next: record runs, commit everything, then `obrelease tag v0.1 --remote origin`")
