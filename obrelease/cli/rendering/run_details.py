"""A kept run in full, as people read it. Free text is escaped for a terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from obrelease.analysis.summary.listed_figures import CheckCounts, count_checks
from obrelease.analysis.summary.readable_values import readable
from obrelease.analysis.summary.stability import is_inconclusive, is_stability
from obrelease.cli.console.marks import marked
from obrelease.cli.console.output import counted
from obrelease.cli.console.table import facts, table
from obrelease.cli.rendering.metric_tables import (
    FEW,
    SHOWN_ROWS,
    histogram_table,
    left_out_table,
    metric_table,
    scalar_text,
)
from obrelease.cli.rendering.sizes import size_text
from obrelease.models.artefact_format import UNKNOWN
from obrelease.models.finding import printable

if TYPE_CHECKING:
    from obrelease.analysis.summary.run import Run
    from obrelease.api import RunDetails
    from obrelease.models.artefact import Artefact, Check, Source, StableHost
    from obrelease.registry.entry import Entry

SHORT_DIGEST: Final = 12
_SHORT_COMMIT: Final = 9
_SOURCES: Final[dict[Source, str]] = {
    "file": "from the file",
    "user": "given by the user",
    "machine": "recorded on this machine",
}


def description(
    details: RunDetails, *, verbose: bool = False, everything: bool = False, only: Sequence[str] = ()
) -> str:
    """One run in full: its facts, its metrics and histograms, and its files.

    Args:
        verbose: also the sources of the facts, the ids of metrics and all their figures.
        everything: all rows of long tables; else the first `SHOWN_ROWS`.
        only: names or patterns of metrics and histograms; all facts and files are left out.
    """
    entry, run = details.entry, details.run
    limit = None if everything else SHOWN_ROWS
    tables = (
        metric_table(details.metrics(only), verbose=verbose, limit=limit),
        histogram_table(details.histograms(only), limit=limit),
    )
    if only:
        return "\n\n".join(filter(None, tables))
    pairs = [*_origin(entry, run.artefact, verbose=verbose), *_result(run)]
    shown = facts([(name, printable(value)) for name, value in pairs], whole=("command",))
    left_out = left_out_table(run.artefact.left_out, limit=limit)
    return "\n\n".join(filter(None, (shown, *tables, left_out, _files(run.artefact))))


def _files(artefact: Artefact) -> str:
    return table(
        [
            (file.path, file.media_type, size_text(file.size), file.sha256[:SHORT_DIGEST])
            for file in artefact.files
        ],
        ("file", "type", "size", "sha256"),
        optional=("type", "sha256"),
    )


def verdict(checks: Sequence[Check]) -> str:
    """How many checks a run passed, how many it did not, and whether its passes were unstable."""
    return counts_text(count_checks(checks))


def counts_text(found: CheckCounts | None) -> str:
    """The counts of checks, marked by the worst; `-` for a run without checks."""
    if found is None:
        return "-"
    worst = "FAILED" if found.failed else "inconclusive" if found.inconclusive else "passed"
    return marked("unstable" if worst == "passed" and found.unstable else worst, str(found))


def counts_of(check: Check) -> str:
    """The counts behind a check that are not zero."""
    return ", ".join(f"{name.replace('_', '-')} {count:,}" for name, count in check.counts.items() if count)


def percentiles(run: Run) -> tuple[str, str, str]:
    """p50, p99 and p99.9, empty if there are none; `few_beyond` explains the mark."""
    from obrelease.analysis.histograms.histogram import enough_beyond

    if run.latency is None:
        return "", "", ""
    found = run.latency.figures

    def cell(value_ns: int, percentile: float) -> str:
        return f"{readable(value_ns, 'ns')}{'' if enough_beyond(found.count, percentile) else FEW}"

    return cell(found.p50_ns, 50), cell(found.p99_ns, 99), cell(found.p999_ns, 99.9)


def few_beyond(run: Run) -> Iterator[str]:
    """The footnote to percentiles that carry its mark; nothing if none does."""
    from obrelease.analysis.histograms.histogram import MIN_VALUES_BEYOND

    if run.latency and any(cell.endswith(FEW) for cell in percentiles(run)):
        values = counted(run.latency.figures.count, "value", "values")
        yield f"{FEW} fewer than {MIN_VALUES_BEYOND} values are beyond this percentile: the run has {values}"


def knee_text(knee_msg_s: int | float, passes: int) -> str:
    """The offered load at the knee of a sweep, 0 for none, and whether it can be trusted."""
    text = (
        f"{readable(knee_msg_s, 'msg/s')} offered"
        if knee_msg_s
        else "none: the lowest load of the sweep is past it"
    )
    return text if passes > 1 else f"{text}; one pass only, not reliable: use more --passes"


def _origin(entry: Entry, artefact: Artefact, *, verbose: bool) -> Iterator[tuple[str, str]]:
    producer, host, sources = artefact.producer, artefact.host, artefact.sources

    def source(name: Source | None) -> str:
        return f" ({_SOURCES[name]})" if verbose and name else ""

    yield "run", entry.digest
    yield "folder", str(entry.folder)
    yield "kind", f"{entry.kind}/{entry.scenario}"
    if artefact.title != entry.scenario:
        yield "title", artefact.title
    yield "created", instant(entry.created_ns) + source(sources.created)
    yield "command", shlex.join(artefact.command)
    commit = short_commit(producer.commit, producer.dirty)
    by = f", commit {commit}{source(sources.commit)}" if commit else ""
    yield "producer", f"{producer.name} {producer.version}{by}"
    yield "host", host_text(host.stable, host.name) + source(sources.host)
    for key, label in sorted(artefact.labels.items()):
        yield f"label {printable(key)}", scalar_text(label.value) + source(label.source)
    for name, value in sorted(artefact.parameters.items()):
        yield f"parameter {printable(name)}", scalar_text(value)
    if verbose:
        yield "format", f"obrelease.artefact, version {artefact.stored_version}"


def host_text(host: StableHost, name: str | None = None) -> str:
    """The machine in one line, without the facts that the file of another tool does not have."""
    known = [name] if name else []
    known += [
        fact for fact in (f"{host.system} {host.machine}", host.cpu_model) if UNKNOWN not in fact.split()
    ]
    known += [f"{host.cpu_count} CPUs"] if host.cpu_count else []
    known += [f"Python {host.python}"] if host.python != "none" else []
    return ", ".join(known) or "not recorded"


def _result(run: Run) -> Iterator[tuple[str, str]]:
    workload, outcome = run.artefact.workload, run.artefact.outcome
    if workload is not None:
        seed = f", seed {workload.seed}" if workload.seed is not None else ""
        source = f", from {workload.source.name}" if workload.source is not None else ""
        words = f"{workload.name} version {workload.version}, {workload.messages:,} messages"
        yield "workload", f"{words}{seed}{source}"
    if outcome is not None:
        yield "events", f"{outcome.events:,}, sha256 {outcome.events_digest}"
    if run.throughput_msg_s is not None:
        yield (
            "throughput",
            f"{readable(run.throughput_msg_s, 'msg/s')}, median of {counted(run.passes, 'pass', 'passes')}",
        )
    if run.latency is not None:
        p50, p99, p999 = percentiles(run)
        yield f"{run.latency.clock} time", f"p50 {p50}, p99 {p99}, p99.9 {p999}"
        yield from (("", note) for note in few_beyond(run))
    for check in outcome.checks if outcome is not None else ():
        yield (
            check.name if is_stability(check) else f"check {check.name}",
            "; ".join(part for part in (finding_of(check), counts_of(check)) if part),
        )


def finding_of(check: Check) -> str:
    """Whether a check passed, marked, and what it found."""
    if is_stability(check):
        return check.detail
    word = "inconclusive" if is_inconclusive(check) else "passed" if check.passed else "FAILED"
    return marked(word) + (f": {check.detail}" if check.detail else "")


def instant(epoch_ns: int) -> str:
    """UTC to the second; instants past the year 9999 stay a number."""
    try:
        return f"{datetime.fromtimestamp(epoch_ns // 1_000_000_000, UTC).replace(tzinfo=None).isoformat()}Z"
    except (ValueError, OverflowError, OSError):
        return f"{epoch_ns} ns"


def short_commit(commit: str | None, dirty: bool | None) -> str:
    """The beginning of a commit, a `+` behind it where the tree had changes; empty where it is not known."""
    return f"{commit[:_SHORT_COMMIT]}{'+' if dirty else ''}" if commit else ""
