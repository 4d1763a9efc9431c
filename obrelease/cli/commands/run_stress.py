"""`obrelease run stress`: seeded flow at intended times, at several scales, with a load sweep on request."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from obrelease.cli.commands.run_options import (
    DEFAULT_PASSES,
    CoreOption,
    LogOption,
    PassesOption,
    producer_of,
    report,
)
from obrelease.cli.console.clock import now_ns
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import words
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.settings import settle_matplotlib

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
            autocompletion=words("poisson", "burst", "hawkes"),
        ),
    ] = "poisson",
    scale: Annotated[
        list[int] | None,
        typer.Option("--scale", metavar="N", help="Times 2,000 messages; may be repeated. Default: 1."),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Of flow and arrivals, 0 to 2^64 - 1.")
    ] = DEFAULT_SEED,
    core: CoreOption = "auto",
    passes: PassesOption = DEFAULT_PASSES,
    rate: Annotated[
        int | None,
        typer.Option("--rate", metavar="N", help="Messages offered a second. Default: half of the most."),
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
    settings = session.settings(results=results)
    settle_matplotlib()
    from obrelease.recorder.stress import SUMMARY_FILE, record_stress, stress_work

    scales = [1] if scale is None else scale
    registry = registry_of(settings, must_exist=False)
    total = stress_work(scales, passes=passes, sweep=sweep)
    with session.out.progress(f"stress {arrivals}", total) as advance:
        entry = record_stress(
            registry,
            arrivals=arrivals,
            scales=scales,
            seed=seed,
            core=core,
            passes=passes,
            rate=rate,
            sweep=sweep,
            log=log,
            created_ns=now_ns(),
            producer=producer_of(session, settings, core),
            progress=advance,
        )
    report(session, registry, entry, rows_file=SUMMARY_FILE, columns=_COLUMNS)
