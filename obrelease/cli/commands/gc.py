"""`obrelease gc`: remove runs that nothing keeps."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.output import counted
from obrelease.cli.console.table import table
from obrelease.cli.rendering.sizes import size_text
from obrelease.errors import UsageError

if TYPE_CHECKING:
    from obrelease.api import GcReport

DEFAULT_GRACE: Final = "14d"

_SHORT_DIGEST: Final = 12


@command("gc")
def gc(
    session: Session,
    yes: Annotated[bool, typer.Option("--yes", help="Remove; without it, only show.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be removed (default).")] = False,
    grace: Annotated[
        str, typer.Option("--grace", metavar="TIME", help="Keep younger runs: such as 14d, 36h, 0s.")
    ] = DEFAULT_GRACE,
    manifest: Annotated[
        list[Path] | None,
        typer.Option(
            "--manifest",
            metavar="FILE",
            help="manifest.json of a release that is kept elsewhere; may be repeated.",
        ),
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Remove runs that nothing keeps.

    Runs of releases and tags, pinned runs, and runs that git tracks are kept. Files that killed writers
    left are kept for a day at least: a younger one may be in use.
    """
    if yes and dry_run:
        raise UsageError("--yes and --dry-run cannot be combined", hint="pass only one")
    manifests = manifest or []
    registry = session.registry(results, must_exist=True)
    report = registry.gc(
        remove=yes,
        grace=grace,
        manifests=manifests,
        project=session.project(results=results),
        reporter=session.out,
    )
    session.out.result(report.to_json(), lambda: _listing(report))
    session.out.note(_summary(report, grace))
    if (report.runs or report.plan.leftovers) and not yes:
        session.out.note(f"`{_removal_command(grace, manifests, results)}` removes them")
    if unreadable := registry.unreadable():
        session.out.warn(
            f"{counted(len(unreadable), 'folder')} cannot be read and stays, the first is {unreadable[0]};"
            " `obrelease fsck` names the damage"
        )


def _summary(report: GcReport, grace: str) -> str:
    plan = report.plan
    outcome = "removed" if report.removed else "would be removed"
    return (
        f"{counted(len(report.runs), 'run')} {outcome}, {size_text(report.freed_bytes)}; "
        f"protected: {len(plan.protected):,}, younger than {grace}: {len(plan.within_grace):,}; "
        f"{counted(len(plan.leftovers), 'leftover')} of killed writers"
    )


def _removal_command(grace: str, manifests: Sequence[Path], results: Path | None) -> str:
    """The command that removes what was shown."""
    words = ["obrelease", "gc", "--yes"]
    words += ["--grace", grace] if grace != DEFAULT_GRACE else []
    for path in manifests:
        words += ["--manifest", str(path)]
    words += ["--results", str(results)] if results is not None else []
    return shlex.join(words)


def _listing(report: GcReport) -> str:
    rows = [
        (run.entry.digest[:_SHORT_DIGEST], run.entry.kind, run.entry.scenario, size_text(run.bytes_on_disk))
        for run in report.runs
    ]
    return table(rows, ("digest", "kind", "scenario", "size"), optional=("kind",))
