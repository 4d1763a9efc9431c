"""`obrelease schema`: the JSON Schemas of the documents, exported and compared with the models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease.cli.console.command import Session, command, named_folder
from obrelease.cli.console.output import counted
from obrelease.errors import CheckFailed

schema_app = typer.Typer(
    name="schema",
    help="Export or check the JSON Schemas of the documents.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

SchemasOption = Annotated[
    Path | None,
    typer.Option(
        "--schemas", metavar="DIR", parser=named_folder, help="The schemas folder. [env: OBRELEASE_SCHEMAS]"
    ),
]


def register(app: typer.Typer) -> None:
    """Add the `schema` group to the command line."""
    app.add_typer(schema_app)


@command(schema_app, "export")
def export(session: Session, schemas: SchemasOption = None) -> None:
    """Write the schemas of all documents.

    Those of documents that are no more are removed.
    """
    from obrelease.models import json_schema

    folder = session.settings(schemas=schemas).schemas
    changed = json_schema.export(folder)
    session.out.result(
        {"folder": str(folder), "changed": [path.name for path in changed]},
        "\n".join(str(path) for path in changed),
    )
    session.out.note(f"{len(changed)} of {len(json_schema.DOCUMENTS)} schemas changed in {folder}")


@command(schema_app, "check")
def check(session: Session, schemas: SchemasOption = None) -> None:
    """Compare the exported schemas with the models.

    Exit code 1 where they differ.
    """
    from obrelease.models import json_schema

    folder = session.settings(schemas=schemas).schemas
    problems = json_schema.check(folder)
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
