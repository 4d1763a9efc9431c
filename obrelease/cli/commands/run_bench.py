"""`obrelease run bench`: measure seeded order flow."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease import api
from obrelease.cli.commands.run_options import (
    DEFAULT_PASSES,
    CoreOption,
    LogOption,
    MessagesOption,
    PassesOption,
    ScenarioOption,
    SeedOption,
    print_run,
)
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.options import ForceOption, PlotOption
from obrelease.cli.console.plots import draw
from obrelease.cli.console.settings import configure_matplotlib
from obrelease.errors import UsageError


@command("bench")
def bench(
    session: Session,
    scenario: ScenarioOption = "baseline",
    seed: SeedOption = 42,
    core: CoreOption = "auto",
    passes: PassesOption = DEFAULT_PASSES,
    messages: MessagesOption = None,
    fresh_processes: Annotated[
        bool, typer.Option("--fresh-processes", help="Time each pass in a process of its own.")
    ] = False,
    log: LogOption = None,
    no_pictures: Annotated[
        bool,
        typer.Option(
            "--no-pictures", help="Record no plots, which takes less time; `plot` draws them later."
        ),
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="REF", help="Measure this commit and the work tree in turn, then compare."
        ),
    ] = None,
    runs: Annotated[
        int, typer.Option("--runs", metavar="N", help="With --against: fresh processes on each side.")
    ] = 6,
    plot: PlotOption = None,
    force: ForceOption = False,
    results: ResultsOption = None,
) -> None:
    """Measure seeded order flow.

    Throughput by pass, and the service time of single messages, each one call from Python.
    """
    project = session.project(results=results)
    configure_matplotlib()
    if against is None:
        if plot is not None or force:
            raise UsageError(
                "--plot and --force need --against", hint="`obrelease diff` compares recorded runs"
            )
        report = api.run_bench(
            scenario,
            seed=seed,
            core=core,
            passes=passes,
            messages=messages,
            fresh_processes=fresh_processes,
            log=log,
            pictures=not no_pictures,
            project=project,
            reporter=session.out,
        )
        print_run(session, report)
        return
    comparison = api.bench_against(
        against,
        runs=runs,
        scenario=scenario,
        seed=seed,
        core=core,
        passes=passes,
        messages=messages,
        fresh_processes=fresh_processes,
        force=force,
        project=project,
        reporter=session.out,
    )
    if plot is not None:
        draw(session, comparison, plot)
    # Imported here: it loads the statistics, which a run alone does not need.
    from obrelease.cli.rendering.comparison import comparison_report_text

    session.out.result(
        {**comparison.to_json(), "against": against}, lambda: comparison_report_text(comparison)
    )
