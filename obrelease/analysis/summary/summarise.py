"""From an artefact and its folder to the numbers that people compare; derived when read, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median_low
from typing import Final

from obrelease.analysis.histograms.histogram import HistogramSummary, summary_of
from obrelease.analysis.histograms.histogram_log import decode_intervals, merge
from obrelease.analysis.summary.run_summary import HostFacts, MeasureSummary, RunSummary
from obrelease.analysis.summary.stability import instabilities, is_stability
from obrelease.errors import IntegrityError
from obrelease.models.artefact import Artefact, HistogramRef, StableHost
from obrelease.storage.hashing import digest_bytes

WALL_TIMES: Final = "pass-wall"
"""The measurement that holds the wall time of each pass, in nanoseconds."""

TIMER_OVERHEAD: Final = "timer-overhead"
"""The measurement that holds the median cost of a timed empty call, in nanoseconds."""

_OWN_FIGURES: Final = frozenset({"knee", "peak-memory"})
"""Measurements of our own runs that are figures by themselves; the others stand behind rates and rows."""

_IMPORTED: Final = "imported"


def throughput_msg_s(messages: int, pass_wall_ns: Sequence[int | float]) -> tuple[int, ...]:
    """Whole messages per second of each pass, rounded down."""
    return tuple(messages * 1_000_000_000 // max(int(wall_ns), 1) for wall_ns in pass_wall_ns)


def samples_of(artefact: Artefact, name: str) -> tuple[int | float, ...]:
    """The samples of a measurement in nanoseconds; none where there is no such."""
    return next((m.samples for m in artefact.measurements if m.name == name and m.unit == "ns"), ())


def latency_of(artefact: Artefact, folder: Path) -> HistogramSummary | None:
    """The figures of the artefact's histogram, or None where it has none.

    Of several: the largest of response times, in which no wait is left out, or else the first.

    Raises:
        IntegrityError: the folder lacks the file that the artefact lists, or it is another one.
        InvalidInput: the file is not a histogram.
    """
    told = _told(artefact)
    if told is None:
        return None
    path = folder / told.path
    try:
        hlog = path.read_bytes()
    except OSError as error:
        raise IntegrityError(
            f"{path}: the artefact lists it, and it cannot be read: {error.strerror}",
            hint="restore the folder, or record the run again",
        ) from error
    listed = next((file.sha256 for file in artefact.files if file.path == told.path), None)
    if listed is not None and digest_bytes(hlog) != listed:
        raise IntegrityError(f"{path}: is not the file that the artefact lists", hint="restore the folder")
    return summary_of(merge(decode_intervals(hlog, name=str(path))))


def _told(artefact: Artefact) -> HistogramRef | None:
    waits = [each for each in artefact.histograms if each.clock == "response"]
    if waits:
        return max(waits, key=lambda each: each.count)
    return artefact.histograms[0] if artefact.histograms else None


def summarise_run(artefact: Artefact, *, digest: str, folder: Path) -> RunSummary:
    """Sum up one run; `digest` is the artefact's, `folder` holds its files.

    Raises:
        IntegrityError, InvalidInput: as `latency_of`.
    """
    latency, told = latency_of(artefact, folder), _told(artefact)
    workload, outcome = artefact.workload, artefact.outcome
    walls = samples_of(artefact, WALL_TIMES)
    rates = throughput_msg_s(workload.messages, walls) if workload else ()
    checks = outcome.checks if outcome else ()
    source = workload.source if workload else None
    return RunSummary(
        kind=artefact.kind,
        scenario=artefact.scenario,
        core=str(artefact.parameters.get("core", "")),
        artefact_digest=digest,
        command=artefact.command,
        host=_host(artefact.host.stable),
        workload=(workload.name, workload.version) if workload else None,
        commands_digest=workload.commands_digest if workload else None,
        messages=workload.messages if workload else None,
        passes=len(walls),
        throughput_msg_s=median_low(rates) if rates else None,
        p50_ns=latency.p50_ns if latency else None,
        p99_ns=latency.p99_ns if latency else None,
        p999_ns=latency.p999_ns if latency else None,
        latency_count=latency.count if latency else None,
        latency_clock=told.clock if told else None,
        events_digest=outcome.events_digest if outcome else None,
        source=(source.name, source.sha256) if source else None,
        commit=artefact.producer.commit,
        dirty=artefact.producer.dirty,
        measures=tuple(
            MeasureSummary(m.name, m.unit, len(m.samples), median_low(m.samples))
            for m in artefact.measurements
            if m.samples and (artefact.kind == _IMPORTED or m.name in _OWN_FIGURES)
        ),
        unstable=instabilities(artefact),
        checks_passed=tuple(check.name for check in checks if check.passed and not is_stability(check)),
        checks_failed=tuple(check.name for check in checks if not check.passed),
    )


def _host(host: StableHost) -> HostFacts:
    return HostFacts(
        host.system,
        host.machine,
        host.cpu_model,
        host.cpu_count,
        host.python,
        host.compiler,
        tuple(sorted(host.libraries.items())),
    )
