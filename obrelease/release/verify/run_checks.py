"""The check of one run: the bytes of its files, its envelope, and whether its numbers agree."""

from __future__ import annotations

from pathlib import Path

from obrelease.errors import IntegrityError, InvalidInput
from obrelease.importers.reimport_check import check_numbers
from obrelease.models.artefact import Artefact
from obrelease.registry.check_folder import INTEGRITY_RULES, FolderCheck, check_folder


def load_checked_run(folder: Path, *, called: str | None = None, hint: str) -> tuple[FolderCheck, Artefact]:
    """Load a run after checking its files against its envelope and its numbers against each other.

    Args:
        called: the name of the folder in error messages; its path if None.
        hint: the hint of the errors.

    Raises:
        IntegrityError: a file is not the one that the envelope names.
        InvalidInput: the envelope is malformed, or numbers of the run contradict each other.
    """
    found = check_folder(folder)
    problems = found.problems
    if not problems and found.artefact is not None:
        problems = check_numbers(found.artefact, folder)
    if problems or found.artefact is None:
        first = problems[0]
        kind = IntegrityError if first.rule in INTEGRITY_RULES else InvalidInput
        message = str(first)
        raise kind(message if called is None else message.replace(str(folder), called), hint=hint)
    return found, found.artefact
