"""What an import did, as people read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from obrelease.cli.console.marks import marked
from obrelease.cli.console.output import counted
from obrelease.models.finding import printable

if TYPE_CHECKING:
    from obrelease.api.import_report import ImportedRun, ImportReport
    from obrelease.models.artefact import Artefact, Source

_SHORT_COMMIT: Final = 12
_DETAILED_RUNS: Final = 10
"""With more runs than this, each has one line."""

_NAMED_ROWS: Final = 5
_SHOWN_NAME: Final = 120
_SOURCES: Final[dict[Source, str]] = {"file": "from the file", "user": "given"}


def import_text(report: ImportReport) -> str:
    """The runs of an import: each in detail if they are few, else in one line; then what was not imported."""
    detailed = len(report.runs) <= _DETAILED_RUNS
    lines: list[str] = []
    for run in report.runs:
        lines += list(_details(run, report.dry_run)) if detailed else [_line(run, report.dry_run)]
    for file in report.refused:
        lines.append(f"{printable(file.file)}: {marked('refused')}: {printable(file.reason)}")
    for name in report.skipped[:_NAMED_ROWS]:
        lines.append(f"{printable(name)}: skipped, of no known format")
    if len(report.skipped) > _NAMED_ROWS:
        lines.append(f"{len(report.skipped) - _NAMED_ROWS:,} more files are skipped, of no known format")
    if not detailed:
        lines.append(_totals(report))
    return "\n".join(lines)


def _line(run: ImportedRun, dry_run: bool) -> str:
    digest = run.entry.digest[:_SHORT_COMMIT] if run.entry else "-"
    left_out = f", {len(run.artefact.left_out):,} left out" if run.artefact.left_out else ""
    return f"{digest}  {printable(run.file)}: {_counts(run.artefact)}{left_out}, {_outcome(run, dry_run)}"


def _details(run: ImportedRun, dry_run: bool) -> Iterator[str]:
    artefact = run.artefact
    yield f"{printable(run.file)}: {run.format}, {_counts(artefact)}, {_outcome(run, dry_run)}"
    if run.entry:
        yield f"  artefact  {run.entry.digest}"
        yield f"  folder    {run.entry.folder}"
    yield f"  title     {_shortened(artefact.title)}"
    yield f"  measured  {_time(artefact)}{_measured_source(artefact)}"
    yield f"  commit    {_commit(artefact)}"
    host = artefact.host.name
    yield f"  host      {_shortened(host) + _source(artefact.sources.host) if host else 'unknown'}"
    for key, label in artefact.labels.items():
        yield f"  label     {_shortened(key)}={_shortened(str(label.value))}{_source(label.source)}"
    for row in artefact.left_out[:_NAMED_ROWS]:
        yield f"  left out  {_shortened(row.name)}: {_shortened(row.reason)}"
    if len(artefact.left_out) > _NAMED_ROWS:
        yield f"  left out  {counted(len(artefact.left_out) - _NAMED_ROWS, 'more row')}; --json names all"
    for note in run.notes:
        yield f"  note      {printable(note)}"


def _outcome(run: ImportedRun, dry_run: bool) -> str:
    if run.recorded:
        return "recorded"
    if run.entry:
        return "recorded before"
    return "would be recorded" if dry_run else "not recorded"


def _counts(artefact: Artefact) -> str:
    parts = []
    if artefact.metrics or not artefact.histograms:
        parts.append(counted(len(artefact.metrics), "metric"))
    if artefact.histograms:
        parts.append(counted(len(artefact.histograms), "histogram"))
    return ", ".join(parts)


def _totals(report: ImportReport) -> str:
    recorded = sum(run.recorded for run in report.runs)
    before = sum(run.entry is not None and not run.recorded for run in report.runs)
    return (
        f"{counted(len(report.runs), 'run')}: {recorded:,} recorded, {before:,} recorded before,"
        f" {counted(len(report.refused), 'file')} refused"
    )


def _commit(artefact: Artefact) -> str:
    commit = artefact.producer.commit
    if commit is None:
        return "unknown"
    if artefact.sources.commit == "machine":
        return f"{commit[:_SHORT_COMMIT]} (HEAD of the clean work tree)"
    dirty = ", with uncommitted changes" if artefact.producer.dirty else ""
    return f"{commit[:_SHORT_COMMIT]}{_source(artefact.sources.commit)}{dirty}"


def _measured_source(artefact: Artefact) -> str:
    """The file's own time, the user's, or else the time at which the file was written."""
    source = artefact.sources.created
    return " (when the file was written)" if source == "machine" else _source(source)


def _source(source: Source | None) -> str:
    return f" ({_SOURCES[source]})" if source in _SOURCES else ""


def _time(artefact: Artefact) -> str:
    seconds = int(artefact.created_ns) // 10**9
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return f"{artefact.created_ns} ns since 1970"


def _shortened(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= _SHOWN_NAME else f"{shown[: _SHOWN_NAME - 3]}..."
