"""`obrelease fsck`: re-hash everything in the results folder."""

from __future__ import annotations

from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.open_registry import results_of
from obrelease.cli.console.output import counted
from obrelease.errors import IntegrityError


@command("fsck")
def fsck(session: Session, results: ResultsOption = None) -> None:
    """Re-hash everything in the results folder.

    The index is compared with the folders; nothing is changed.
    """
    from obrelease.registry.fsck import fsck as check_results

    root = results_of(session.settings(results=results), must_exist=True)
    with session.out.progress("fsck", None) as advance:
        report = check_results(root, advance)
    session.out.result(
        {
            "results": str(root),
            "artefacts": report.artefacts,
            "size_bytes": report.size_bytes,
            "problems": [problem.as_json() for problem in report.problems],
            "notes": [note.as_json() for note in report.notes],
        },
        "\n".join(map(str, report.problems)),
    )
    for note in report.notes:
        session.out.note(f"note: {note}")
    if report.problems:
        raise IntegrityError(
            f"{root}: {counted(len(report.problems), 'problem')} in {counted(report.artefacts, 'artefact')}",
            hint="restore what is damaged from a copy; `obrelease reindex` mends the index alone",
        )
    session.out.note(
        f"{counted(report.artefacts, 'artefact')}, {counted(report.size_bytes, 'byte')}: all as recorded;"
        " `obrelease validate` also derives the numbers again"
    )
