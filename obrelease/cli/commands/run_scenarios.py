"""`obrelease run scenarios`: the scenarios that can be measured."""

from __future__ import annotations

from obrelease import api
from obrelease.cli.console.command import Session, command
from obrelease.cli.console.table import table


@command("scenarios")
def scenarios(session: Session) -> None:
    """List the scenarios of bench and profile.

    Their names, their default lengths, and what each is.
    """
    found = api.scenarios()
    session.out.result(
        {
            "scenarios": [
                {"name": s.name, "version": s.version, "messages": s.messages, "about": s.about}
                for s in found
            ]
        },
        table(
            [(s.name, f"{s.messages:,}", s.about) for s in found],
            ("scenario", "messages", "what"),
            text="what",
        ),
    )
