"""`obrelease run replay`: replay recorded market data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from obrelease import api
from obrelease.cli.commands.run_options import DEFAULT_PASSES, CoreOption, LogOption, PassesOption, print_run
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import words
from obrelease.cli.console.settings import configure_matplotlib

_COUNTED_CHECKS: Final = (
    "touch-holds",
    "levels-hold",
    "levels-agree",
    "books-uncrossed",
    "snapshots-agree",
    "depth-agrees",
    "file-is-complete",
    "named-causes",
    "queue-positions",
    "risk-expectation",
    "simulation-repeats",
)


@command("replay")
def replay(
    session: Session,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="LOBSTER (folder, zip, 7z, message file), ITCH 5.0 (-: stdin), DBN, level CSV or a tape.",
        ),
    ] = None,
    core: CoreOption = "auto",
    passes: PassesOption = DEFAULT_PASSES,
    days: Annotated[
        list[str] | None,
        typer.Option("--day", metavar="DATE", help="Only this day of a LOBSTER folder; may be repeated."),
    ] = None,
    symbols: Annotated[
        list[str] | None,
        typer.Option("--symbol", metavar="NAME", help="Only this symbol; may be repeated."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="Of an ITCH file, from this time of day, such as 09:30."),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="TIME", help="Of an ITCH file, to this time of day, such as 16:00:00."),
    ] = None,
    risk: Annotated[
        Path | None,
        typer.Option("--risk", metavar="LIMITS", help="A TOML file of risk limits to check the replay by."),
    ] = None,
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            metavar="MODULE:FUNCTION",
            help="Run a strategy beside the data: your code, installed, or ./file.py:function.",
        ),
    ] = None,
    queue: Annotated[
        str,
        typer.Option(
            "--queue",
            metavar="MODEL",
            help="Of the strategy: exact, last or probability.",
            autocompletion=words("exact", "last", "probability"),
        ),
    ] = "exact",
    latency: Annotated[
        str,
        typer.Option(
            "--latency",
            metavar="LIST",
            help="Of feed, order, report and jitter, in ns: feed=200000,order=300000.",
        ),
    ] = "",
    fees: Annotated[
        str,
        typer.Option("--fees", metavar="LIST", help="Ticks per lot: maker_per_lot=-20,taker_per_lot=30."),
    ] = "",
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of the strategy's simulation.")] = 1,
    log: LogOption = None,
    results: ResultsOption = None,
) -> None:
    """Replay recorded market data, checked row by row.

    Every level of a LOBSTER day is compared with its orderbook file after each message; open
    orders, with the messages of an ITCH file. Several days are one run, each with its own book.
    Of a level feed (CSV of Tardis or Binance), each level is one order; a snapshot must have the
    levels that the updates before it add up to.
    """
    project = session.project(results=results)
    configure_matplotlib()
    report = api.run_replay(
        file,
        core=core,
        passes=passes,
        days=days or (),
        symbols=symbols or (),
        start=start,
        end=end,
        risk=risk,
        strategy=strategy,
        queue=queue,
        latency=latency,
        fees=fees,
        seed=seed,
        log=log,
        project=project,
        reporter=session.out,
    )
    print_run(session, report, counted_checks=_COUNTED_CHECKS)
