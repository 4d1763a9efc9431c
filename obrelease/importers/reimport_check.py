"""Checks the numbers of a run; an imported one is imported again from its original file."""

from __future__ import annotations

from pathlib import Path

from obrelease.analysis.consistency.derived_values import RULE, check_derived_values
from obrelease.analysis.kinds.all_kinds import is_of_this_version, kind_of
from obrelease.models.artefact import Artefact
from obrelease.models.artefact_format import IMPORT_COMMAND
from obrelease.models.finding import Finding
from obrelease.models.picture_rules import picture_rule


def check_numbers(artefact: Artefact, folder: Path) -> tuple[Finding, ...]:
    """As `check_derived_values`; and what the original of an imported run contradicts.

    Args:
        folder: holds the files that the artefact lists, whose bytes were checked already.
    """
    found = check_derived_values(artefact, folder)
    if found or not _is_import(artefact):
        return found
    from obrelease.importers.reimported_original import original_findings  # loads every format

    return tuple(
        Finding(str(folder / path), RULE, what) for path, what in original_findings(artefact, folder)
    )


def numbers_derived(artefact: Artefact) -> bool:
    """Whether `check_numbers` derives the numbers of such a run again.

    Of a run of another program or of another version it checks only what every version has in common:
    such a run is hashed, and its numbers are taken as they are.
    """
    if kind_of(artefact).other_tool:
        return _is_import(artefact)
    return is_of_this_version(artefact)


def files_not_derived(artefact: Artefact) -> tuple[str, ...]:
    """Files of a run of this version that nothing is compared with, pictures and histograms apart."""
    if kind_of(artefact).other_tool:
        return ()
    known = {table.path for table in kind_of(artefact).derived_tables}
    known |= {histogram.path for histogram in artefact.histograms}
    files = (file for file in artefact.files if picture_rule(file.path, file.media_type) is None)
    return tuple(file.path for file in files if file.path not in known)


def _is_import(artefact: Artefact) -> bool:
    return kind_of(artefact).other_tool and artefact.command[:2] == IMPORT_COMMAND
