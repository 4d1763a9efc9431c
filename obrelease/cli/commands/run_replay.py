"""`obrelease run replay`: replay recorded market data."""

from __future__ import annotations

from pathlib import Path
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
from obrelease.cli.console.clock import now_ns
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.settings import settle_matplotlib

_REPLAY_CHECKS = ("touch-holds", "depth-agrees", "named-causes", "queue-positions", "risk-expectation")


@command("replay")
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
    from obrelease.recorder.replay import record_replay

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
