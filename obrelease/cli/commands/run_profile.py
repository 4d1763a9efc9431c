"""`obrelease run profile`: find where time and memory go."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from obrelease import api
from obrelease.cli.commands.run_options import (
    CoreOption,
    MessagesOption,
    ScenarioOption,
    SeedOption,
    print_run,
)
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import words
from obrelease.cli.console.settings import configure_matplotlib

_FUNCTIONS: Final = ("function", "calls", "own_ns", "cumulative_ns")
_ALLOCATIONS: Final = ("line", "held_bytes", "blocks")


@command("profile")
def profile(
    session: Session,
    scenario: ScenarioOption = "baseline",
    seed: SeedOption = 42,
    core: CoreOption = "reference",
    profiler: Annotated[
        str,
        typer.Option(
            "--profiler",
            metavar="NAME",
            help="cprofile, tracemalloc or both.",
            autocompletion=words(cprofile="time", tracemalloc="memory", both="time and memory"),
        ),
    ] = "both",
    messages: MessagesOption = None,
    results: ResultsOption = None,
) -> None:
    """Find where time and memory go in a scenario.

    Functions, allocations and a flame graph. Its shares are meaningful, its rates are not.
    """
    project = session.project(results=results)
    configure_matplotlib()
    report = api.run_profile(
        scenario,
        seed=seed,
        core=core,
        profiler=profiler,
        messages=messages,
        project=project,
        reporter=session.out,
    )
    session.out.note("a profiled run is never a reported one: its shares are valid, its rates are not")
    print_run(session, report, columns=_ALLOCATIONS if profiler == "tracemalloc" else _FUNCTIONS)
