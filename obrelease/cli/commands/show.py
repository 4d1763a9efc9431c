"""`obrelease show`: one run in full."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease.cli.commands.validate import folder_problems, reject_problems
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import runs
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.options import CoreFilter, KindOption, ScenarioFilter


@command("show")
def show(
    session: Session,
    digest: Annotated[
        str,
        typer.Argument(
            metavar="DIGEST",
            help="A digest, its beginning, a pinned name, or `latest`.",
            autocompletion=runs,
        ),
    ],
    kind: KindOption = None,
    scenario: ScenarioFilter = None,
    core: CoreFilter = None,
    results: ResultsOption = None,
) -> None:
    """Show one run: what it was, where, and what it gave.

    Every byte is re-hashed first.
    """
    from obrelease.analysis.summary.key_figures import summary_json
    from obrelease.analysis.summary.read_run import read_run
    from obrelease.cli.rendering.run_details import description

    registry = registry_of(session.settings(results=results), must_exist=True)
    entry = registry.resolve(digest, kind=kind, scenario=scenario, core=core)
    artefact = registry.load(entry)
    reject_problems(session, folder_problems(entry.folder), 1)
    run = read_run(artefact, digest=entry.digest, folder=entry.folder, every_histogram=False)
    session.out.result(
        {"run": entry.as_json(), "artefact": artefact.model_dump(mode="json"), "summary": summary_json(run)},
        lambda: description(entry, run),
    )
