"""`obrelease fsck`: re-hash everything in the results folder."""

from __future__ import annotations

from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.output import counted
from obrelease.cli.rendering.sizes import size_text
from obrelease.errors import IntegrityError


@command("fsck")
def fsck(session: Session, results: ResultsOption = None) -> None:
    """Re-hash everything in the results folder.

    The index is compared with the folders; nothing is changed.
    """
    registry = session.registry(results, must_exist=True)
    report = registry.fsck(reporter=session.out)
    session.out.result(
        {
            "results": str(registry.root),
            "artefacts": report.artefacts,
            "size_bytes": report.size_bytes,
            "problems": [problem.as_json() for problem in report.problems],
            "notes": [note.as_json() for note in report.notes],
        },
        "\n".join(map(str, report.problems)),
    )
    for note in report.notes:
        session.out.note(f"note: {note}")
    artefacts = counted(report.artefacts, "artefact")
    if report.problems:
        raise IntegrityError(
            f"{registry.root}: {counted(len(report.problems), 'problem')} in {artefacts}",
            hint="restore damaged runs from a copy; `obrelease reindex` repairs only the index",
        )
    session.out.note(
        f"{artefacts}, {size_text(report.size_bytes)}: all as recorded;"
        " `obrelease validate` also derives the numbers again"
    )
