"""Documents and artefacts against their schemas, their files and the numbers derived from them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from obrelease.api.arguments import checked_path
from obrelease.errors import IntegrityError, InvalidInput, NotFound, ObreleaseError, StorageError
from obrelease.models.artefact_format import ENVELOPE_NAME
from obrelease.models.finding import Finding
from obrelease.models.sound_artefact import has_derived_numbers
from obrelease.registry.check_folder import INTEGRITY_RULES, check_folder, find_artefacts, linked_below
from obrelease.registry.sound_folder import SoundFolder
from obrelease.storage.files import read_bounded
from obrelease.storage.reporter import SILENT, Reporter
from obrelease.storage.system_errors import storage_errors

MAX_DRAWN_RUNS: Final = 20
"""How many runs `validate` draws again; it takes about half a second for each."""


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """What a validation found.

    Attributes:
        checked: how many artefacts and documents were checked.
        problems: every broken rule; empty if all is valid.
    """

    checked: int
    problems: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease validate --json` prints."""
        return {"checked": self.checked, "problems": [problem.as_json() for problem in self.problems]}

    def require_valid(self) -> None:
        """Raise if there are problems.

        Raises:
            IntegrityError: a file is not what its digest names.
            InvalidInput: a document breaks a rule.
        """
        if self.problems:
            broken = any(problem.rule in INTEGRITY_RULES for problem in self.problems)
            error: type[ObreleaseError] = IntegrityError if broken else InvalidInput
            plural = "" if len(self.problems) == 1 else "s"
            noun = "artefact or document" if self.checked == 1 else "artefacts and documents"
            message = f"{len(self.problems):,} problem{plural} in {self.checked:,} {noun}"
            raise error(f"{message}; the first is {self.problems[0]}")


def validate(
    *paths: str | os.PathLike[str], allow_empty: bool = False, reporter: Reporter = SILENT
) -> ValidationReport:
    """Check artefacts and documents: schemas, file digests, derived numbers, and the plots of 20 runs.

    A plot is drawn again if the run names the libraries that are installed here.

    Args:
        paths: documents, artefact folders, or trees that contain artefacts.
        allow_empty: accept a folder without artefacts.
        reporter: is given a detail line for each artefact and document.

    Raises:
        NotFound: a path is missing, or no artefact is below it.
        StorageError: a folder cannot be listed, or a document cannot be read.
    """
    from obrelease.storage.workers import map_in_chunks

    problems: list[Finding] = []
    checked = 0
    for path in (checked_path("paths", path) for path in paths):
        folders, documents = _targets(path)
        problems += (linked := _linked(path))
        if linked:
            reporter.detail(f"{path}: links that are not followed: {len(linked)}")
        if not (folders or documents or linked or allow_empty):
            raise NotFound(f"{path}: no artefact at or below it")
        with (
            map_in_chunks(_checks_of, folders) as chunks,
            reporter.progress("validate", len(folders)) as advance,
        ):
            drawn = 0
            for folder, (found, has_plots) in zip(folders, chain.from_iterable(chunks), strict=True):
                if has_plots and not found and drawn < MAX_DRAWN_RUNS:
                    plots = _false_plots(folder)
                    found, drawn = plots or (), drawn + (plots is not None)
                problems += _reported(reporter, folder, found)
                advance(1)
        for document in documents:
            problems += _reported(reporter, document, _document_problems(document))
        checked += len(folders) + len(documents)
    return ValidationReport(checked, tuple(problems))


def validate_run(folder: Path) -> ValidationReport:
    """Check one artefact folder; its plots are only hashed."""
    return ValidationReport(1, tuple(_check(folder)[0]))


def _reported(reporter: Reporter, path: Path, problems: Sequence[Finding]) -> Sequence[Finding]:
    plural = "" if len(problems) == 1 else "s"
    reporter.detail(f"{path}: {f'{len(problems)} problem{plural}' if problems else 'valid'}")
    return problems


def _targets(path: Path) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The artefact folders and the single documents that a path names."""
    if path.is_dir():
        try:
            return find_artefacts(path), ()
        except OSError as error:
            raise StorageError(f"{error.filename or path}: cannot be listed: {error.strerror}") from error
    if not path.exists() and not path.is_symlink():
        raise NotFound(f"{path}: no such file or folder")
    return ((path.parent,), ()) if path.name == ENVELOPE_NAME else ((), (path,))


def _linked(path: Path) -> list[Finding]:
    """Links to folders in a tree, whose artefacts are not checked."""
    if not path.is_dir():
        return []
    with storage_errors(path, "cannot be listed"):
        return list(linked_below(path))


def _checks_of(folders: Sequence[Path]) -> list[tuple[Sequence[Finding], bool]]:
    return [_check(folder) for folder in folders]


def _check(folder: Path) -> tuple[Sequence[Finding], bool]:
    """Broken rules of one artefact, and whether this program drew plots of it.

    Its numbers are only compared if its bytes are intact.
    """
    check = check_folder(folder)
    if check.problems or check.envelope is None:
        return check.problems, False
    if isinstance(check.envelope, SoundFolder) and not has_derived_numbers(check.envelope.value):
        return (), False
    from obrelease.importers.reimport_check import check_numbers  # loads NumPy, which few runs need

    artefact = check.artefact
    return (check_numbers(artefact, folder), bool(artefact.drawn_with)) if artefact else ((), False)


def _false_plots(folder: Path) -> Sequence[Finding] | None:
    """Pictures that are not the plots of a valid run; None if that cannot be proved here."""
    from obrelease.analysis.consistency.redrawn_plots import drawn_as_here, false_plots
    from obrelease.models.artefact import Artefact
    from obrelease.models.validation import check_document

    document = check_document(read_bounded(folder / ENVELOPE_NAME), str(folder))[0]
    if not isinstance(document, Artefact) or not drawn_as_here(document):
        return None
    return false_plots(document, folder)


def _document_problems(path: Path) -> Sequence[Finding]:
    from obrelease.models.validation import check_document

    return check_document(read_bounded(path), str(path))[1]
