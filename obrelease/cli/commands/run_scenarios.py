"""`obrelease run scenarios`: the workloads that can be named, and the option that names one."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from obrelease.cli.console.command import Session, command
from obrelease.cli.console.completion import words
from obrelease.cli.console.output import table

SCENARIOS: Final = (
    "baseline", "x10", "x100", "x1000", "x10000", "static", "normal", "swing-25", "swing-40", "flash-crash"
)  # fmt: skip
"""The names as the engine has them, which is too heavy to be asked for a page of help."""

ScenarioOption = Annotated[
    str,
    typer.Option(
        "--scenario",
        metavar="NAME",
        help=f"{', '.join(SCENARIOS[:-1])} or {SCENARIOS[-1]}; `obrelease run scenarios` says what they are.",
        autocompletion=words(*SCENARIOS),
    ),
]


@command("scenarios")
def scenarios(session: Session) -> None:
    """List the scenarios of bench and profile.

    Their names, their own lengths, and what each is.
    """
    from obrelease.recorder import scenarios as known

    found = known()
    session.out.result(
        {
            "scenarios": [
                {"name": s.name, "version": s.version, "messages": s.messages, "about": s.about}
                for s in found
            ]
        },
        table([(s.name, f"{s.messages:,}", s.about) for s in found], ("scenario", "messages", "what")),
    )
