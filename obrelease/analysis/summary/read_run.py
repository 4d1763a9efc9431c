"""The reader of recorded runs: from an artefact and its folder to metrics and latency histograms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from obrelease.analysis.histograms.histogram import Histogram, HistogramSummary, summary_of
from obrelease.analysis.histograms.histogram_log import MAX_HLOG_BYTES, decode_intervals, merge
from obrelease.analysis.kinds.all_kinds import kind_of
from obrelease.analysis.kinds.measurements import WALL_TIMES, samples_of
from obrelease.analysis.summary.run import THROUGHPUT, Latency, Metric, Run, Summary
from obrelease.errors import IntegrityError, NotFound
from obrelease.models.artefact import ORIGINAL_STEM, Artefact, HistogramRef, RecordedMetric
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes

_TIMES_NS: Final = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}


def read_run(artefact: Artefact, *, digest: str, folder: Path, every_histogram: bool = True) -> Run:
    """Read one run whose files are in `folder`; histograms are re-hashed first.

    Args:
        digest: the artefact digest.
        every_histogram: False reads only the one that the summary figures need, and names the others
            as left out: enough for lists, not for comparisons.

    Raises:
        IntegrityError: a histogram is missing, or is not the file that the envelope lists.
        InvalidInput: it is not a histogram log.
        StorageError: it cannot be read.
    """
    left_out: list[str] = []
    recorded = tuple(_metric(artefact, each, folder) for each in artefact.metrics)
    headline = _headline(artefact)
    histograms: dict[str, tuple[Histogram, ...]] = {}
    for ref in artefact.histograms:
        if ref.unit != "ns":
            left_out.append(f"{ref.name}: its unit is {ref.unit}, not ns")
        elif every_histogram or ref is headline:
            histograms[ref.id] = _histogram(artefact, ref.path, folder)
        else:
            left_out.append(f"{ref.name}: not read")
    intervals = histograms.get(headline.id) if headline else None
    return Run(
        digest=digest,
        artefact=artefact,
        metrics={metric.id: metric for metric in _compared_metrics(artefact, recorded)},
        recorded_metrics=recorded,
        histograms=histograms,
        latency=(
            Latency(headline.id, headline.clock, summary_of(merge(intervals)))
            if headline and intervals
            else None
        ),
        original=_original(artefact),
        left_out=tuple(sorted(left_out)),
    )


def _original(artefact: Artefact) -> str | None:
    files = artefact.files if kind_of(artefact).other_tool else ()
    return next((file.sha256 for file in files if Path(file.path).stem == ORIGINAL_STEM), None)


def _compared_metrics(artefact: Artefact, recorded: Sequence[Metric]) -> Iterator[Metric]:
    """Throughput of our own runs; every metric of one by another tool."""
    if kind_of(artefact).other_tool:
        yield from map(_in_nanoseconds, recorded)
        return
    walls = samples_of(artefact, WALL_TIMES)
    if artefact.workload is not None and walls:
        messages = artefact.workload.messages
        rates = tuple(messages * 1e9 / wall if wall > 0 else 0.0 for wall in walls)
        yield Metric(THROUGHPUT, THROUGHPUT, "msg/s", "higher", rates)


def _metric(artefact: Artefact, recorded: RecordedMetric, folder: Path) -> Metric:
    return Metric(
        id=recorded.id,
        name=recorded.name,
        unit=recorded.unit,
        direction=recorded.direction,
        samples=recorded.samples,
        summary=_summary(artefact, recorded, folder),
        parameters=recorded.parameters,
        group=recorded.group,
        primary=recorded.primary,
        histogram=recorded.histogram,
    )


def nanoseconds_per(unit: str) -> int:
    """The factor of values of an imported metric in comparisons: 1 for a unit that is not one of time."""
    return _TIMES_NS.get(unit, 1)


def _in_nanoseconds(metric: Metric) -> Metric:
    """A metric as comparisons read it: all times in nanoseconds."""
    if metric.unit not in _TIMES_NS or metric.unit == "ns":
        return metric
    scale = nanoseconds_per(metric.unit)
    samples = tuple(sample * scale for sample in metric.samples)
    summary = metric.summary
    if summary is not None:
        figures = {name: value * scale for name, value in summary.figures.items()}
        summary = replace(summary, value=summary.value * scale, figures=figures)
    return replace(metric, unit="ns", samples=samples, summary=summary)


def _summary(artefact: Artefact, recorded: RecordedMetric, folder: Path) -> Summary | None:
    if recorded.histogram is not None:
        ref = next(each for each in artefact.histograms if each.id == recorded.histogram)
        return _histogram_summary(summary_of(merge(_histogram(artefact, ref.path, folder))))
    if (summary := recorded.summary) is None:
        return None
    return Summary(summary.value, summary.statistic, summary.count, summary.figures)


def _histogram_summary(found: HistogramSummary) -> Summary:
    figures = {
        "minimum": float(found.min_ns),
        "mean": found.mean_ns,
        "p90": float(found.p90_ns),
        "p99": float(found.p99_ns),
        "p99.9": float(found.p999_ns),
        "maximum": float(found.max_ns),
    }
    return Summary(float(found.p50_ns), "median", found.count, figures)


def _headline(artefact: Artefact) -> HistogramRef | None:
    """The largest histogram of response times, in which no wait is left out, or else the first."""
    waits = [each for each in artefact.histograms if each.clock == "response"]
    if waits:
        return max(waits, key=lambda each: each.count)
    return next(iter(artefact.histograms), None)


def _histogram(artefact: Artefact, path: str, folder: Path) -> tuple[Histogram, ...]:
    try:
        data = read_bounded(folder / path, MAX_HLOG_BYTES)
    except NotFound as error:
        raise IntegrityError(
            f"{folder / path}: the artefact lists it, and it is missing",
            hint="restore the folder, or record the run again",
        ) from error
    listed = next((file.sha256 for file in artefact.files if file.path == path), None)
    if listed != digest_bytes(data):
        raise IntegrityError(
            f"{folder / path}: is not the file that the artefact lists",
            hint="restore the folder; `obrelease fsck` lists every damaged file",
        )
    return decode_intervals(data, name=str(folder / path))
