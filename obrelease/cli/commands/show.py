"""Commands on kept runs: show, reindex, fsck and validate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from obrelease.cli.commands.list import CoreOption, KindOption, ScenarioOption
from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.completion import runs
from obrelease.cli.console.open_registry import registry_of, results_of
from obrelease.cli.console.output import counted
from obrelease.errors import IntegrityError, InvalidInput, NotFound, StorageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from obrelease.models.finding import Problem

_CHECKED: Final = ("artefact or document", "artefacts and documents")


def register(app: typer.Typer) -> None:
    """Add the registry's commands to the command line."""
    command(app, "show")(show)
    command(app, "reindex")(reindex)
    command(app, "fsck")(check_registry)
    command(app, "validate")(validate)


def show(
    session: Session,
    digest: Annotated[
        str,
        typer.Argument(
            metavar="DIGEST",
            help="A digest, its beginning, a pinned name, or `latest`.",
            autocompletion=runs,
        ),
    ],
    kind: KindOption = None,
    scenario: ScenarioOption = None,
    core: CoreOption = None,
    results: ResultsOption = None,
) -> None:
    """Show one run: what it was, where, and what it gave.

    Every byte is re-hashed first.
    """
    from dataclasses import asdict

    from obrelease.analysis.summary.summarise import summarise_run
    from obrelease.cli.rendering.run_details import description

    registry = registry_of(session.settings(results=results), must_exist=True)
    entry = registry.resolve(digest, kind=kind, scenario=scenario, core=core)
    artefact = registry.load(entry)
    _refuse(session, _folder_problems(entry.folder), 1)
    summary = summarise_run(artefact, digest=entry.digest, folder=entry.folder)
    session.out.result(
        {"run": entry.as_json(), "artefact": artefact.model_dump(mode="json"), "summary": asdict(summary)},
        lambda: description(entry, artefact, summary),
    )


def reindex(session: Session, results: ResultsOption = None) -> None:
    """Make the index again from the folders alone."""
    registry = registry_of(session.settings(results=results), must_exist=True)
    runs = registry.reindex()
    session.out.result({"results": str(registry.root), "runs": runs}, counted(runs, "run"))
    if unreadable := registry.unreadable():
        session.out.warn(
            f"left out of the index: {counted(len(unreadable), 'folder')} that cannot be read,"
            f" the first is {unreadable[0]}; `obrelease fsck` says why"
        )


def check_registry(session: Session, results: ResultsOption = None) -> None:
    """Re-hash everything in the results folder.

    The index is compared with the folders; nothing is changed.
    """
    from obrelease.registry.fsck import fsck

    root = results_of(session.settings(results=results), must_exist=True)
    with session.out.progress("fsck", None) as advance:
        report = fsck(root, advance)
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


def validate(
    session: Session,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Artefacts, documents or trees of them.", show_default=False),
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Check documents, and the files that they list.

    Documents against their schemas, files byte by byte, numbers by each other. With -v each is named
    as it is judged.
    """
    from itertools import chain

    from obrelease.storage.workers import in_chunks

    settings = session.settings(results=results)
    problems: list[Problem] = []
    checked = 0
    for path in paths or [results_of(settings, must_exist=True)]:
        folders, documents = _targets(path)
        if not folders and not documents and paths:
            raise NotFound(f"{path}: no artefact at or below it")
        with (
            in_chunks(_problems_of, folders) as chunks,
            session.out.progress("validate", len(folders)) as advance,
        ):
            for folder, found in zip(folders, chain.from_iterable(chunks), strict=True):
                problems += _judged(session, folder, found)
                advance(1)
        for document in documents:
            problems += _judged(session, document, _document_problems(document))
        checked += len(folders) + len(documents)
    _refuse(session, problems, checked)
    session.out.result({"checked": checked, "problems": []}, "")
    session.out.note(f"{counted(checked, *_CHECKED)}: valid")


def _judged(session: Session, path: Path, problems: Sequence[Problem]) -> Sequence[Problem]:
    session.out.detail(f"{path}: {counted(len(problems), 'problem') if problems else 'valid'}")
    return problems


def _targets(path: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Artefact folders and single documents that a path on the command line stands for."""
    from obrelease.models.artefact import ENVELOPE_NAME
    from obrelease.registry.check_folder import find_artefacts

    if path.is_dir():
        try:
            return find_artefacts(path), ()
        except OSError as error:
            raise StorageError(f"{error.filename or path}: cannot be listed: {error.strerror}") from error
    if not path.exists() and not path.is_symlink():
        raise NotFound(f"{path}: no such file or folder")
    return ((path.parent,), ()) if path.name == ENVELOPE_NAME else ((), (path,))


def _problems_of(folders: Sequence[Path]) -> list[Sequence[Problem]]:
    return [_folder_problems(folder) for folder in folders]


def _folder_problems(folder: Path) -> Sequence[Problem]:
    """Broken rules of one artefact; whether its numbers agree is asked where its bytes are sound."""
    from obrelease.registry.check_folder import inspect_folder

    found = inspect_folder(folder)
    if found.problems or found.artefact is None:
        return found.problems
    from obrelease.importers.reimport_check import disagreements

    return disagreements(found.artefact, folder)


def _document_problems(path: Path) -> Sequence[Problem]:
    from obrelease.models.validation import examine
    from obrelease.storage.files import read_bounded

    return examine(read_bounded(path), str(path))[1]


def _refuse(session: Session, problems: Sequence[Problem], checked: int) -> None:
    """Tell every problem and stop: exit code 5 where bytes are wrong, 4 where a document is."""
    from obrelease.registry.check_folder import INTEGRITY_RULES

    if not problems:
        return
    told: dict[str, Any] = {"checked": checked, "problems": [problem.as_json() for problem in problems]}
    session.out.result(told, "\n".join(map(str, problems)))
    error = IntegrityError if any(found.rule in INTEGRITY_RULES for found in problems) else InvalidInput
    raise error(f"{counted(len(problems), 'problem')} in {counted(checked, *_CHECKED)}")
