"""`obrelease validate`: check documents and the files that they list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.open_registry import results_of
from obrelease.cli.console.output import counted
from obrelease.errors import IntegrityError, InvalidInput, NotFound
from obrelease.storage.system_errors import storage_errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from obrelease.models.finding import Finding

_CHECKED: Final = ("artefact or document", "artefacts and documents")


@command("validate")
def validate(
    session: Session,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Artefacts, documents or trees of them.", show_default=False),
    ] = None,
    results: ResultsOption = None,
) -> None:
    """Check documents and the files that they list.

    Documents against their schemas, files byte by byte, numbers by each other. With -v each is named
    as it is checked.
    """
    from itertools import chain

    from obrelease.storage.workers import map_in_chunks

    settings = session.settings(results=results)
    problems: list[Finding] = []
    checked = 0
    for path in paths or [results_of(settings, must_exist=True)]:
        folders, documents = _targets(path)
        if not folders and not documents and paths:
            raise NotFound(f"{path}: no artefact at or below it")
        with (
            map_in_chunks(_problems_of, folders) as chunks,
            session.out.progress("validate", len(folders)) as advance,
        ):
            for folder, found in zip(folders, chain.from_iterable(chunks), strict=True):
                problems += _judged(session, folder, found)
                advance(1)
        for document in documents:
            problems += _judged(session, document, _document_problems(document))
        checked += len(folders) + len(documents)
    reject_problems(session, problems, checked)
    session.out.result({"checked": checked, "problems": []}, "")
    session.out.note(f"{counted(checked, *_CHECKED)}: valid")


def _judged(session: Session, path: Path, problems: Sequence[Finding]) -> Sequence[Finding]:
    session.out.detail(f"{path}: {counted(len(problems), 'problem') if problems else 'valid'}")
    return problems


def _targets(path: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Artefact folders and single documents that a path on the command line stands for."""
    from obrelease.models.artefact import ENVELOPE_NAME
    from obrelease.registry.check_folder import find_artefacts

    if path.is_dir():
        with storage_errors(path, "cannot be listed"):
            return find_artefacts(path), ()
    if not path.exists() and not path.is_symlink():
        raise NotFound(f"{path}: no such file or folder")
    return ((path.parent,), ()) if path.name == ENVELOPE_NAME else ((), (path,))


def _problems_of(folders: Sequence[Path]) -> list[Sequence[Finding]]:
    return [folder_problems(folder) for folder in folders]


def folder_problems(folder: Path) -> Sequence[Finding]:
    """Broken rules of one artefact; whether its numbers agree is asked where its bytes are sound."""
    from obrelease.registry.check_folder import check_folder

    found = check_folder(folder)
    if found.problems or found.artefact is None:
        return found.problems
    from obrelease.importers.reimport_check import check_numbers

    return check_numbers(found.artefact, folder)


def _document_problems(path: Path) -> Sequence[Finding]:
    from obrelease.models.validation import check_document
    from obrelease.storage.files import read_bounded

    return check_document(read_bounded(path), str(path))[1]


def reject_problems(session: Session, problems: Sequence[Finding], checked: int) -> None:
    """Tell every problem and stop: exit code 5 where bytes are wrong, 4 where a document is."""
    from obrelease.registry.check_folder import INTEGRITY_RULES

    if not problems:
        return
    told: dict[str, Any] = {"checked": checked, "problems": [problem.as_json() for problem in problems]}
    session.out.result(told, "\n".join(map(str, problems)))
    error = IntegrityError if any(found.rule in INTEGRITY_RULES for found in problems) else InvalidInput
    raise error(f"{counted(len(problems), 'problem')} in {counted(checked, *_CHECKED)}")
