"""`obrelease run stress`: offer seeded flow at intended times."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from obrelease import api
from obrelease.cli.commands.run_options import DEFAULT_PASSES, CoreOption, LogOption, PassesOption, print_run
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import words
from obrelease.cli.console.settings import configure_matplotlib

DEFAULT_SEED: Final = 2024

_COLUMNS: Final = (
    "scale",
    "messages",
    "sustained_median_msg_s",
    "offered_msg_s",
    "service_p50_ns",
    "service_p99_ns",
    "response_p50_ns",
    "response_p99_ns",
    "faults",
)


@command("stress")
def stress(
    session: Session,
    arrivals: Annotated[
        str,
        typer.Option(
            "--arrivals",
            metavar="PROCESS",
            help="poisson, burst or hawkes.",
            autocompletion=words(poisson="independent", burst="in bursts", hawkes="self-exciting"),
        ),
    ] = "poisson",
    scale: Annotated[
        list[int] | None,
        typer.Option("--scale", metavar="N", help="N x 2,000 messages; may be repeated. [default: 1]"),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Seed of flow and arrivals, 0 to 2^64 - 1.")
    ] = DEFAULT_SEED,
    core: CoreOption = "auto",
    passes: PassesOption = DEFAULT_PASSES,
    rate: Annotated[
        int | None,
        typer.Option("--rate", metavar="N", help="Offered messages per second. [default: half of maximum]"),
    ] = None,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Raise the load step by step and find the knee.")
    ] = False,
    log: LogOption = None,
    results: ResultsOption = None,
) -> None:
    """Offer seeded flow at intended times.

    Service and response time, and an audit of every batch.
    """
    project = session.project(results=results)
    configure_matplotlib()
    report = api.run_stress(
        arrivals=arrivals,
        scales=scale or (1,),
        seed=seed,
        core=core,
        passes=passes,
        rate=rate,
        sweep=sweep,
        log=log,
        project=project,
        reporter=session.out,
    )
    print_run(session, report, columns=_COLUMNS)
