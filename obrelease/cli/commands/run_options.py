"""Options of the modes of `obrelease run`, and how they print a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from obrelease.cli.console.command import Session
from obrelease.cli.console.completion import CORES, words

if TYPE_CHECKING:
    from obrelease.api import RunReport

DEFAULT_PASSES: Final = 5

SCENARIOS: Final = {
    "baseline": "steady flow: half adds, two in five cancels",
    "x10": "the same, ten times as long",
    "x100": "the same, a hundred times as long",
    "x1000": "the same, a thousand times as long",
    "x10000": "the same, ten thousand times as long",
    "static": "a market with a constant mid: deep book, 95 % cancelled",
    "normal": "the same market with a mid that swings by 2 % (one sigma)",
    "swing-25": "the same market with a mid that swings by 25 % (one sigma)",
    "swing-40": "the same market with a mid that swings by 40 % (one sigma)",
    "flash-crash": "the same market with a mid that swings by 60 % (one sigma)",
}
"""The engine's scenarios, and what each is; the engine itself takes too long to load for `--help`."""

ScenarioOption = Annotated[
    str,
    typer.Option(
        "--scenario",
        metavar="NAME",
        help=f"{', '.join(SCENARIOS)}; see `obrelease run scenarios`.",
        autocompletion=words(**SCENARIOS),
    ),
]
SeedOption = Annotated[
    int, typer.Option("--seed", metavar="N", help="Seed of the order flow, 0 to 2^64 - 1.")
]
MessagesOption = Annotated[
    int | None, typer.Option("--messages", metavar="N", help="Override the scenario's length.")
]
CoreOption = Annotated[
    str,
    typer.Option(
        "--core",
        metavar="NAME",
        help="reference, native, or auto for the fastest that is installed.",
        autocompletion=words(**CORES),
    ),
]
PassesOption = Annotated[
    int, typer.Option("--passes", metavar="N", help="Timed passes, each over a fresh book.")
]
LogOption = Annotated[
    Path | None,
    typer.Option("--log", metavar="FILE", help="Also write every event as a JSON line with sorted keys."),
]


def print_run(
    session: Session, report: RunReport, *, columns: Sequence[str] = (), counted_checks: Sequence[str] = ()
) -> None:
    """Print a run, with the arguments of `measured_run_text`; raises `CheckFailed` if a check failed."""
    from obrelease.cli.rendering.measured_run import measured_run_text

    session.out.result(
        report.to_json(), lambda: measured_run_text(report, columns=columns, counted_checks=counted_checks)
    )
    report.require_checks_passed()
