"""Checks that the numbers of a run agree: every derived one is derived again and compared."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.histograms.histogram_log import MAX_HLOG_BYTES, read_merged
from obrelease.analysis.kinds.all_kinds import (
    command_of,
    is_of_this_program,
    is_of_this_version,
    kind_of,
)
from obrelease.analysis.kinds.csv_table import first_difference
from obrelease.analysis.kinds.measurements import WALL_TIMES, samples_of
from obrelease.analysis.kinds.run_kind import DerivedTable, RunContent
from obrelease.analysis.summary.stability import stability_findings
from obrelease.errors import ObreleaseError
from obrelease.models.artefact import ENVELOPE_NAME, Artefact, Check, Outcome
from obrelease.models.finding import Finding
from obrelease.storage.files import read_bounded

RULE: Final = "numbers"
"""The rule that is broken if two numbers of one run contradict each other."""

FileFinding = tuple[str, str]
"""A file of the run, and what is wrong with its numbers."""

_PASSES_AGREE: Final = "passes-agree"
_TIMED_ONE_BY_ONE: Final = "single-messages-agree"


def check_derived_values(artefact: Artefact, folder: Path) -> tuple[Finding, ...]:
    """Every number that others of the same run contradict; empty if all agree.

    A digest proves that bytes are those that were recorded, not that their numbers are right. Derived
    again: the counts of histograms from their logs, the tables of each kind of run byte for byte,
    passes from their samples, events from their counts by kind. Of what another program measured,
    only the histograms can be derived again here.

    Args:
        folder: holds the files that the artefact lists, whose bytes were checked already.
    """
    return tuple(Finding(str(folder / path), RULE, what) for path, what in _findings(artefact, folder))


def _findings(artefact: Artefact, folder: Path) -> Iterator[FileFinding]:
    histograms: dict[str, Histogram] = {}
    for ref in artefact.histograms:
        try:
            data = read_bounded(folder / ref.path, MAX_HLOG_BYTES)
            histograms[ref.id] = read_merged(data, name=ref.path)
        except ObreleaseError as error:
            yield ref.path, error.message.removeprefix(f"{ref.path}: ")
            continue
        if histograms[ref.id].count != ref.count:
            yield ref.path, f"holds {histograms[ref.id].count} values, the envelope has {ref.count}"
    if is_of_this_program(artefact):
        yield from ((ENVELOPE_NAME, what) for what in _envelope_findings(artefact))
        yield from _kind_findings(RunContent(artefact, histograms), folder)


def _kind_findings(content: RunContent, folder: Path) -> Iterator[FileFinding]:
    """Tables and rules of the kind; those of other versions of this program are not known here."""
    kind, artefact = kind_of(content.artefact), content.artefact
    this_version = is_of_this_version(artefact)
    listed = {entry.path for entry in artefact.files}
    for table in kind.derived_tables:
        checked = bool(content.histograms) if table.every_version else this_version
        if table.path in listed and checked:
            yield from _table_findings(content, table, read_bounded(folder / table.path), this_version)
    if not this_version:
        return
    command = command_of(artefact)
    if command is not None and command != artefact.command:
        yield ENVELOPE_NAME, f"its command is not that of its parameters: {shlex.join(command)}"
    for path, table_rule in kind.measured_tables.items():
        if path in listed:
            yield from ((path, what) for what in table_rule(content, read_bounded(folder / path)))
    for rule in kind.rules:
        try:
            yield from ((ENVELOPE_NAME, what) for what in rule(content))
        except ObreleaseError as error:
            yield ENVELOPE_NAME, error.message


def _table_findings(
    content: RunContent, table: DerivedTable, recorded: bytes, this_version: bool
) -> Iterator[FileFinding]:
    try:
        expected = table.derive(content)
    except ObreleaseError as error:
        if this_version:
            yield table.path, error.message
        return
    same_columns = recorded.split(b"\n", 1)[0] == expected.split(b"\n", 1)[0]
    if (this_version or same_columns) and (what := first_difference(recorded, expected)):
        yield table.path, what


def _envelope_findings(artefact: Artefact) -> Iterator[str]:
    """Numbers of the envelope that are about the same thing."""
    passes, walls = artefact.parameters.get("passes"), samples_of(artefact, WALL_TIMES)
    seeds = str(artefact.parameters.get("seeds", "")).count(",") + 1
    if passes is not None and walls and passes * seeds != len(walls):
        each = f" for each of {seeds} seeds" if seeds > 1 else ""
        yield f"passes is {passes}{each}, and {WALL_TIMES} has {len(walls)} samples"
    yield from stability_findings(artefact)
    outcome = artefact.outcome
    if outcome is not None and kind_of(artefact).counts_events and artefact.histograms:
        yield from _event_findings(outcome)
        for check in outcome.checks:
            if check.name == _TIMED_ONE_BY_ONE:
                yield from _timing_findings(artefact, check)


def _event_findings(outcome: Outcome) -> Iterator[str]:
    by_kind = sum(count for name, count in outcome.counts.items() if "." not in name)
    by_code = sum(count for name, count in outcome.counts.items() if name.startswith("rejected."))
    rejected = outcome.counts.get("rejected", 0)
    if outcome.counts and by_kind != outcome.events:
        yield f"{outcome.events} events, and {by_kind} by their kinds"
    if rejected != by_code:
        yield f"{rejected} rejects, and {by_code} by their codes"
    for check in outcome.checks:
        if check.name == _PASSES_AGREE and check.counts.get("events", outcome.events) != outcome.events:
            yield f"{outcome.events} events, and {check.counts['events']} in the check {check.name}"


def _timing_findings(artefact: Artefact, check: Check) -> Iterator[str]:
    timed, stride, ref = check.counts.get("timed"), check.counts.get("stride"), artefact.histograms[0]
    if timed is None or not stride:
        return
    if timed != ref.count + ref.out_of_range:
        yield f"{timed} messages were timed, and {ref.id} has {ref.count + ref.out_of_range}"
    if artefact.workload is not None and timed != -(-artefact.workload.messages // stride):
        yield f"{artefact.workload.messages} messages, and {timed} timed at a stride of {stride}"
