"""`obrelease doctor`: check the environment."""

from __future__ import annotations

from obrelease import api
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.marks import marked
from obrelease.cli.console.table import table


@command("doctor")
def doctor(session: Session, results: ResultsOption = None) -> None:
    """Check the environment.

    Interpreter, git, compiler, engine cores, repository, results, forge, token source.
    Exit code 1 if something is missing that work needs.
    """
    diagnosis = api.diagnose(session.project(results=results))
    session.out.result(
        diagnosis.to_json(),
        lambda: table(
            [(marked(finding.state), finding.subject, finding.detail) for finding in diagnosis.findings],
            ("STATE", "SUBJECT", "DETAIL"),
            text="DETAIL",
        ),
    )
    diagnosis.require_ready()
