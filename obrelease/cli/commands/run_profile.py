"""`obrelease run profile`: where time and memory go; never a reported number."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from obrelease.cli.commands.run_options import CoreOption, producer_of, report
from obrelease.cli.commands.run_scenarios import ScenarioOption
from obrelease.cli.console.clock import now_ns
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import words
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.settings import settle_matplotlib

_FUNCTIONS: Final = ("function", "calls", "own_ns", "cumulative_ns")
_ALLOCATIONS: Final = ("line", "held_bytes", "blocks")


@command("profile")
def profile(
    session: Session,
    scenario: ScenarioOption = "baseline",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the order flow, 0 to 2^64 - 1.")] = 42,
    core: CoreOption = "reference",
    profiler: Annotated[
        str,
        typer.Option(
            "--profiler",
            metavar="NAME",
            help="cprofile, tracemalloc or both.",
            autocompletion=words("cprofile", "tracemalloc", "both"),
        ),
    ] = "both",
    messages: Annotated[
        int | None, typer.Option("--messages", metavar="N", help="Another length than the scenario's own.")
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Find where time and memory go in a scenario.

    Functions, allocations and a flame graph; rates of such a run mean nothing.
    """
    settings = session.settings(results=results)
    settle_matplotlib()
    from obrelease.analysis.kinds.profile.tables import ALLOCATIONS_FILE, FUNCTIONS_FILE
    from obrelease.recorder.profile import record_profile

    registry = registry_of(settings, must_exist=False)
    entry = record_profile(
        registry,
        scenario=scenario,
        seed=seed,
        core=core,
        profiler=profiler,
        messages=messages,
        created_ns=now_ns(),
        producer=producer_of(session, settings, core),
    )
    session.out.note("a profiled run is never a reported one: its shares mean something, its rates do not")
    timed = profiler != "tracemalloc"
    report(
        session,
        registry,
        entry,
        rows_file=FUNCTIONS_FILE if timed else ALLOCATIONS_FILE,
        columns=_FUNCTIONS if timed else _ALLOCATIONS,
    )
