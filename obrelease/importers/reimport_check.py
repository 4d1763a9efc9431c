"""Checks the numbers of a run; one with a file of another tool is read again from that file."""

from __future__ import annotations

from pathlib import Path

from obrelease.analysis.consistency.derived_values import RULE, check_derived_values
from obrelease.analysis.kinds.all_kinds import is_of_this_program, is_of_this_version, kind_of
from obrelease.models.artefact import ORIGINAL_STEM, Artefact
from obrelease.models.artefact_format import IMPORT_COMMAND, MEASURE_COMMAND, format_of_command
from obrelease.models.finding import Finding
from obrelease.models.noise_metrics import NOISE_UNITS
from obrelease.models.picture_rules import picture_rule


def check_numbers(artefact: Artefact, folder: Path) -> tuple[Finding, ...]:
    """As `check_derived_values`; and what the file of another tool contradicts, if the run keeps one.

    Args:
        folder: holds the files that the artefact lists, whose bytes were checked already.
    """
    found = check_derived_values(artefact, folder)
    if found or not has_original(artefact):
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
        return has_original(artefact)
    return is_of_this_version(artefact)


def files_not_derived(artefact: Artefact) -> tuple[str, ...]:
    """Files of a run of this version that nothing is compared with, pictures and histograms apart."""
    if kind_of(artefact).other_tool:
        return ()
    known = {table.path for table in kind_of(artefact).derived_tables}
    known |= {histogram.path for histogram in artefact.histograms}
    files = (file for file in artefact.files if picture_rule(file.path, file.media_type) is None)
    return tuple(file.path for file in files if file.path not in known)


def has_original(artefact: Artefact) -> bool:
    """Whether the numbers of a run come from a file of another tool that the run must keep.

    That is so for imports, and for measurements in which another tool took the times.
    """
    if not kind_of(artefact).other_tool:
        return False
    if artefact.command[:2] != MEASURE_COMMAND:
        return artefact.command[:2] == IMPORT_COMMAND
    return (
        not is_of_this_program(artefact)
        or format_of_command(artefact.command) is not None
        or any(Path(file.path).stem == ORIGINAL_STEM for file in artefact.files)
    )


def metrics_beside_original(artefact: Artefact) -> int:
    """How many metrics of such a run `measure` took itself, beside the file of the tool."""
    if artefact.command[:2] != MEASURE_COMMAND:
        return 0
    return sum(metric.name in NOISE_UNITS for metric in artefact.metrics)


def holds_samples_alone(artefact: Artefact) -> bool:
    """Whether this program timed a command or a function: a run of samples, from which nothing is derived."""
    is_measured = artefact.command[:2] == MEASURE_COMMAND and is_of_this_program(artefact)
    return is_measured and kind_of(artefact).other_tool and not has_original(artefact)
