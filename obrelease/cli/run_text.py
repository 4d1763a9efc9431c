"""Kept runs as people read them: a line each, or one in full. Free text is escaped for a terminal."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import StringIO
from operator import itemgetter
from statistics import median
from typing import TYPE_CHECKING, Final

from obrelease.analysis.stability import is_stability
from obrelease.cli.output import counted, table
from obrelease.errors import UsageError
from obrelease.models.problem import printable
from obrelease.registry.entry import FIELDS

if TYPE_CHECKING:
    from obrelease.analysis.notes import RunSummary
    from obrelease.models.artefact import Artefact, Check
    from obrelease.registry.entry import Entry

_COLUMNS: Final = {
    "created": "created_ns",
    "digest": "digest",
    "kind": "kind",
    "scenario": "scenario",
    "core": "core",
    "commit": "commit",
    "messages": "messages",
    "size": "size_bytes",
}
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_SHORT_DIGEST = 12
_SHORT_COMMIT = 9


def listing(entries: Sequence[Entry], envelopes: Sequence[Artefact | None] | None = None) -> str:
    """One line per run, in the order given.

    Args:
        envelopes: of the same runs, for the longer form; None in place of one that is damaged.
    """
    header = ("digest", "created", "kind", "scenario", "core", "messages", "commit", "events")
    if envelopes is None:
        return table([(*_line(entry), _checks(entry)) for entry in entries], (*header, "checks"))
    rows = [_long_line(entry, envelope) for entry, envelope in zip(entries, envelopes, strict=True)]
    return table(rows, (*header, "checks", "load", "whole commit"))


def ordered(entries: Sequence[Entry], sort: str) -> list[Entry]:
    """The runs in the order that `--sort` names; `-` before a column turns it round.

    Runs that do not have the column's fact come last; equal ones stay newest first.

    Raises:
        UsageError: there is no such column.
    """
    column = sort.removeprefix("-")
    if column not in _COLUMNS:
        raise UsageError(f"--sort {sort}: no such column", hint=f"columns: {', '.join(_COLUMNS)}")
    facts = [(getattr(entry, _COLUMNS[column]), entry) for entry in entries]
    known = [pair for pair in facts if pair[0] is not None]
    known.sort(key=itemgetter(0), reverse=sort.startswith("-"))
    return [entry for _, entry in known] + [entry for fact, entry in facts if fact is None]


def csv_listing(entries: Sequence[Entry]) -> str:
    """The runs as RFC 4180 CSV with a header; no cell can start a formula in a spreadsheet."""
    sink = StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(FIELDS)
    for entry in entries:
        cells = entry.as_json().values()
        writer.writerow(["" if cell is None else _inert(printable(str(cell))) for cell in cells])
    return sink.getvalue()


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.lstrip().startswith(_FORMULA_STARTS) else cell


def description(entry: Entry, artefact: Artefact, summary: RunSummary) -> str:
    """One run in full: its facts, the figures derived from it, and its files."""
    facts = [*_origin(entry, artefact), *_result(artefact, summary)]
    width = max(len(name) for name, _ in facts)
    lines = [f"{name.ljust(width)}  {printable(value)}" for name, value in facts]
    series = table(list(_series(artefact)), ("measurement", "unit", "samples", "least", "median", "most"))
    files = table(
        [
            (file.path, file.media_type, f"{file.size:,}", file.sha256[:_SHORT_DIGEST])
            for file in artefact.files
        ],
        ("file", "type", "bytes", "sha256"),
    )
    return "\n\n".join(part for part in ("\n".join(lines), series, files) if part)


def _line(entry: Entry) -> tuple[str, ...]:
    return (
        entry.digest[:_SHORT_DIGEST],
        _instant(entry.created_ns),
        entry.kind,
        entry.scenario,
        printable(entry.core or "-"),
        "-" if entry.messages is None else f"{entry.messages:,}",
        _commit(entry.commit, entry.dirty) or "-",
        (entry.events_digest or "-")[:_SHORT_DIGEST],
    )


def _checks(entry: Entry) -> str:
    if entry.checks_failed is None:
        return "-"
    return f"{entry.checks_failed} FAILED" if entry.checks_failed else "passed"


def _long_line(entry: Entry, envelope: Artefact | None) -> tuple[str, ...]:
    if envelope is None:
        return (*_line(entry), "DAMAGED", "-", entry.commit or "-")
    load = envelope.host.volatile.load_1m_milli
    checks = envelope.outcome.checks if envelope.outcome else ()
    return (
        *_line(entry),
        verdict(checks),
        "-" if load is None else f"{load / 1000:.2f}",
        entry.commit or "-",
    )


def verdict(checks: Sequence[Check]) -> str:
    """How many checks a run passed, how many it did not, and whether its passes were unstable."""
    proofs = [check for check in checks if not is_stability(check)]
    failed = sum(not check.passed for check in proofs)
    if not checks:
        return "-"
    unstable = any(check.counts.get("unstable") for check in checks if is_stability(check))
    told = f"{len(proofs) - failed} passed" + (f", {failed} FAILED" if failed else "")
    return told + (", unstable" if unstable else "")


def counts_of(check: Check) -> str:
    """The counts behind a check that are not zero."""
    return ", ".join(f"{name.replace('_', '-')} {count:,}" for name, count in check.counts.items() if count)


def _origin(entry: Entry, artefact: Artefact) -> Iterator[tuple[str, str]]:
    producer, host = artefact.producer, artefact.host.stable
    commit = _commit(producer.commit, producer.dirty)
    yield "run", entry.digest
    yield "folder", str(entry.folder)
    yield "kind", f"{entry.kind}/{entry.scenario}"
    yield "created", _instant(entry.created_ns)
    yield "command", shlex.join(artefact.command)
    yield "producer", f"{producer.name} {producer.version}" + (f", commit {commit}" if commit else "")
    yield (
        "host",
        f"{host.system} {host.machine}, {host.cpu_model}, {host.cpu_count} CPUs, Python {host.python}",
    )
    for name, value in sorted(artefact.parameters.items()):
        yield f"parameter {name}", str(value)


def _result(artefact: Artefact, summary: RunSummary) -> Iterator[tuple[str, str]]:
    workload, outcome = artefact.workload, artefact.outcome
    if workload is not None:
        seed = f", seed {workload.seed}" if workload.seed is not None else ""
        source = f", from {workload.source.name}" if workload.source is not None else ""
        words = f"{workload.name} version {workload.version}, {workload.messages:,} messages"
        yield "workload", f"{words}{seed}{source}"
    if outcome is not None:
        yield "events", f"{outcome.events:,}, sha256 {outcome.events_digest}"
    if summary.throughput_msg_s is not None:
        yield (
            "throughput",
            f"{summary.throughput_msg_s:,} msg/s, median of {counted(summary.passes, 'pass', 'passes')}",
        )
    if summary.latency_clock is not None:
        yield (
            f"{summary.latency_clock} time",
            f"p50 {summary.p50_ns:,} ns, p99 {summary.p99_ns:,} ns, p99.9 {summary.p999_ns:,} ns",
        )
    for check in outcome.checks if outcome is not None else ():
        yield (
            check.name if is_stability(check) else f"check {check.name}",
            "; ".join(part for part in (_finding(check), counts_of(check)) if part),
        )


def _finding(check: Check) -> str:
    if is_stability(check):
        return check.detail
    return ("passed" if check.passed else "FAILED") + (f": {check.detail}" if check.detail else "")


def _series(artefact: Artefact) -> Iterator[tuple[str, ...]]:
    for series in artefact.measurements:
        figures = (min(series.samples), median(series.samples), max(series.samples)) if series.samples else ()
        told = [f"{figure:,}" for figure in figures] or ["-", "-", "-"]
        yield (series.name, series.unit, f"{len(series.samples):,}", *told)


def _instant(epoch_ns: int) -> str:
    """UTC to the second; instants past the year 9999 stay a number."""
    try:
        return datetime.fromtimestamp(epoch_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"{epoch_ns} ns"


def _commit(commit: str | None, dirty: bool | None) -> str:
    return f"{commit[:_SHORT_COMMIT]}{'+' if dirty else ''}" if commit else ""
