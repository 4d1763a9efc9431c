"""From an artefact and its folder to the numbers that people compare; derived when read, never stored."""

from __future__ import annotations

from pathlib import Path
from statistics import median_low

from obrelease.analysis.histograms.histogram import HistogramSummary, summary_of
from obrelease.analysis.histograms.histogram_log import decode_intervals, merge
from obrelease.analysis.kinds.all_kinds import kind_of
from obrelease.analysis.kinds.measurements import WALL_TIMES, samples_of, throughput_msg_s
from obrelease.analysis.summary.run_summary import HostFacts, MeasureSummary, RunSummary
from obrelease.analysis.summary.stability import instabilities, is_stability
from obrelease.errors import IntegrityError
from obrelease.models.artefact import Artefact, HistogramRef, StableHost
from obrelease.storage.hashing import digest_bytes


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
    walls, kind = samples_of(artefact, WALL_TIMES), kind_of(artefact)
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
            if m.samples and kind.is_figure(m.name)
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
