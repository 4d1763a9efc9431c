"""`obrelease schema check`: compare the exported JSON Schemas with the models."""

from __future__ import annotations

from obrelease.cli.console.command import Session, command
from obrelease.cli.console.options import SchemasOption
from obrelease.cli.console.output import counted
from obrelease.errors import CheckFailed


@command("check")
def check(session: Session, schemas: SchemasOption = None) -> None:
    """Compare the exported schemas with the models.

    Exit code 1 where they differ.
    """
    from obrelease.models import json_schema

    folder = session.settings(schemas=schemas).schemas
    problems = json_schema.check_schemas(folder)
    session.out.result(
        {"folder": str(folder), "problems": [problem.as_json() for problem in problems]},
        "\n".join(map(str, problems)),
    )
    if problems:
        raise CheckFailed(
            f"{folder}: {counted(len(problems), 'schema')} not as the models say",
            hint="run `obrelease schema export`",
        )
    session.out.note(f"{len(json_schema.DOCUMENTS)} schemas in {folder} are up to date")
