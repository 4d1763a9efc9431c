"""`obrelease show`: one run in full."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import runs
from obrelease.cli.console.options import CoreFilter, KindOption, ScenarioFilter
from obrelease.cli.rendering.run_details import description


@command("show")
def show(
    session: Session,
    digest: Annotated[
        str,
        typer.Argument(
            metavar="DIGEST",
            help="A digest or its prefix, a pinned name, or `latest`.",
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
    registry = session.registry(results, must_exist=True)
    entry = registry.resolve(digest, kind=kind, scenario=scenario, core=core)
    registry.load(entry)
    found = api.validate_run(entry.folder)
    if found.problems:
        session.out.result(found.to_json(), "\n".join(map(str, found.problems)))
        found.require_valid()
    details = registry.describe(entry)
    session.out.result(details.to_json(), lambda: description(entry, details.run))
