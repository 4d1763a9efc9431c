"""`obrelease run bench`: measure seeded order flow."""

from __future__ import annotations

from typing import Annotated

import typer

from obrelease.cli.commands.run_options import (
    DEFAULT_PASSES,
    CoreOption,
    LogOption,
    PassesOption,
    producer_of,
    report,
)
from obrelease.cli.commands.run_scenarios import ScenarioOption
from obrelease.cli.console.clock import now_ns
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.options import ForceOption, PlotOption
from obrelease.cli.console.settings import settle_matplotlib
from obrelease.errors import UsageError


@command("bench")
def bench(
    session: Session,
    scenario: ScenarioOption = "baseline",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the order flow, 0 to 2^64 - 1.")] = 42,
    core: CoreOption = "auto",
    passes: PassesOption = DEFAULT_PASSES,
    messages: Annotated[
        int | None, typer.Option("--messages", metavar="N", help="Another length than the scenario's own.")
    ] = None,
    fresh_processes: Annotated[
        bool, typer.Option("--fresh-processes", help="Time each pass in a process of its own.")
    ] = False,
    log: LogOption = None,
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
    settings = session.settings(results=results)
    settle_matplotlib()
    if against is not None:
        from obrelease.cli.commands.run_against import bench_against

        words = ["--scenario", scenario, "--seed", str(seed), "--passes", str(passes)]
        words += [] if messages is None else ["--messages", str(messages)]
        words += ["--fresh-processes"] if fresh_processes else []
        bench_against(
            session, settings, ref=against, runs=runs, core=core, words=words, plot=plot, force=force
        )
        return
    if plot is not None or force:
        raise UsageError("--plot and --force go with --against", hint="`obrelease diff` compares kept runs")
    from obrelease.recorder import bench_work
    from obrelease.recorder.bench import record_bench

    registry = registry_of(settings, must_exist=False)
    total = bench_work(scenario, passes=passes, messages=messages)
    with session.out.progress(f"bench {scenario}", total) as advance:
        entry = record_bench(
            registry,
            scenario=scenario,
            seed=seed,
            core=core,
            passes=passes,
            messages=messages,
            fresh_processes=fresh_processes,
            log=log,
            created_ns=now_ns(),
            producer=producer_of(session, settings, core),
            progress=advance,
        )
    report(session, registry, entry)
