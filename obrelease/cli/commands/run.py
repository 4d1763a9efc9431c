"""`obrelease run ...`: measure, and record the run as an artefact."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease.cli.commands import run_architectures, run_profile, run_scenarios, run_stress
from obrelease.cli.commands.diff import ForceOption, PlotOption
from obrelease.cli.commands.run_options import (
    DEFAULT_PASSES,
    CoreOption,
    LogOption,
    PassesOption,
    producer_of,
    report,
    run_app,
)
from obrelease.cli.commands.run_scenarios import ScenarioOption
from obrelease.cli.console.clock import now_ns
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.settings import settle_matplotlib
from obrelease.errors import UsageError

MODES = (run_architectures, run_profile, run_scenarios, run_stress)
"""The modes that have files of their own; to import one is to add its command to `run`."""

_REPLAY_CHECKS = ("touch-holds", "depth-agrees", "named-causes", "queue-positions", "risk-expectation")


def register(app: typer.Typer) -> None:
    """Hang `run` and its modes into the command line."""
    app.add_typer(run_app, name="run")


@command(run_app, "bench")
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
    from obrelease.recorder.record import record_bench

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


@command(run_app, "replay")
def replay(
    session: Session,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="LOBSTER (zip, folder or message file), ITCH 5.0 (or gzip), or a tape. Default: a sample.",
        ),
    ] = None,
    core: CoreOption = "auto",
    passes: PassesOption = DEFAULT_PASSES,
    risk: Annotated[
        Path | None,
        typer.Option("--risk", metavar="LIMITS", help="A TOML file of risk limits to watch the replay by."),
    ] = None,
    log: LogOption = None,
    results: ResultsOption = None,
) -> None:
    """Replay recorded market data, checked row by row.

    Best price and size of both sides are held against a LOBSTER day's orderbook after each
    message; what is left open, against the messages of an ITCH file.
    """
    settings = session.settings(results=results)
    settle_matplotlib()
    from obrelease.recorder.record import record_replay

    registry = registry_of(settings, must_exist=False)
    with session.out.progress("replay", None) as advance:
        entry = record_replay(
            registry,
            path=file,
            core=core,
            passes=passes,
            risk=risk,
            log=log,
            created_ns=now_ns(),
            producer=producer_of(session, settings, core),
            progress=advance,
        )
    report(session, registry, entry, told=_REPLAY_CHECKS)
