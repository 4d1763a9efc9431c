"""`obrelease schema check`: compare the exported JSON Schemas with the models."""

from __future__ import annotations

from obrelease import api
from obrelease.cli.console.command import Session, command
from obrelease.cli.console.options import SchemasOption


@command("check")
def check(session: Session, schemas: SchemasOption = None) -> None:
    """Compare the exported schemas with the models.

    Exit code 1 if they differ.
    """
    report = api.check_schemas(session.project(schemas=schemas).schemas)
    session.out.result(report.to_json(), "\n".join(map(str, report.problems)))
    report.require_equal()
    session.out.note(f"{report.total} schemas in {report.folder} are up to date")
