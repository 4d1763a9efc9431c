"""`obrelease show`: one run in full."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import runs
from obrelease.cli.console.options import CoreFilter, KindOption, ScenarioFilter
from obrelease.cli.rendering.metric_tables import SHOWN_ROWS
from obrelease.cli.rendering.run_details import description
from obrelease.errors import NotFound
from obrelease.models.close_names import hint_with_suggestion


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
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            metavar="PATTERN",
            help="Only metrics and histograms of this name or shell pattern; may be repeated.",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help=f"All rows of long tables, not only the first {SHOWN_ROWS}.")
    ] = False,
    results: ResultsOption = None,
) -> None:
    """Show one run: what it was, where, and what it gave.

    Every byte is re-hashed first. Metrics have the names that their tool gave them, cut to the width of the
    terminal; --json has them whole, with raw numbers. With -v also where each fact comes from, the ids of
    metrics and all their figures.
    """
    registry = session.registry(results, must_exist=True)
    entry = registry.resolve(digest, kind=kind, scenario=scenario, core=core)
    with session.out.progress("hashing", None):
        registry.load(entry)
        found = api.validate_run(entry.folder)
    if found.problems:
        session.out.result(found.to_json(), "\n".join(map(str, found.problems)))
        found.require_valid()
    details = registry.describe(entry)
    if metric and not details.metrics(metric) and not details.histograms(metric):
        names = [each.metric.name for each in details.metrics(())]
        names += [each.ref.name for each in details.histograms(())]
        raise NotFound(
            f"no metric and no histogram of the run is {' or '.join(metric)}",
            hint=hint_with_suggestion(metric[0], names, "`obrelease show --all` lists them; case counts"),
        )
    session.out.result(
        details.to_json(metric or ()) if session.out.json else {},
        lambda: description(
            details, verbose=bool(session.out.verbose), everything=everything, only=metric or ()
        ),
        paged=True,
    )
