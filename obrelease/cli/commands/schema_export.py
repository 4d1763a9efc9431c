"""`obrelease schema export`: write the JSON Schemas of all documents."""

from __future__ import annotations

from obrelease import api
from obrelease.cli.console.command import Session, command
from obrelease.cli.console.options import SchemasOption


@command("export")
def export(session: Session, schemas: SchemasOption = None) -> None:
    """Write the schemas of all documents.

    Schemas of documents that no longer exist are removed.
    """
    report = api.export_schemas(session.project(schemas=schemas).schemas)
    session.out.result(report.to_json(), "\n".join(map(str, report.changed)))
    session.out.note(f"{len(report.changed)} of {report.total} schemas changed in {report.folder}")
