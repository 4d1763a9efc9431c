"""`obrelease schema export`: write the JSON Schemas of all documents."""

from __future__ import annotations

from obrelease.cli.console.command import Session, command
from obrelease.cli.console.options import SchemasOption


@command("export")
def export(session: Session, schemas: SchemasOption = None) -> None:
    """Write the schemas of all documents.

    Those of documents that are no more are removed.
    """
    from obrelease.models import json_schema

    folder = session.settings(schemas=schemas).schemas
    changed = json_schema.export_schemas(folder)
    session.out.result(
        {"folder": str(folder), "changed": [path.name for path in changed]},
        "\n".join(str(path) for path in changed),
    )
    session.out.note(f"{len(changed)} of {len(json_schema.DOCUMENTS)} schemas changed in {folder}")
