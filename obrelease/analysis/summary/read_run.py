"""The reader of recorded runs: from an artefact and its folder to metrics and latency histograms."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from obrelease.analysis.histograms.histogram import Histogram, summary_of
from obrelease.analysis.histograms.histogram_log import MAX_HLOG_BYTES, decode_intervals, merge
from obrelease.analysis.kinds.all_kinds import kind_of
from obrelease.analysis.kinds.measurements import WALL_TIMES, samples_of
from obrelease.analysis.summary.run import THROUGHPUT, Latency, Metric, Run
from obrelease.errors import IntegrityError, NotFound
from obrelease.models.artefact import ORIGINAL_STEM, Artefact, HistogramRef
from obrelease.models.labels_and_directions import direction_of
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
    found = dict(_metrics(artefact))
    kept = {
        name: metric
        for name, metric in found.items()
        if metric.samples and all(0 < sample < math.inf for sample in metric.samples)
    }
    left_out = [
        f"{name}: a sample is zero, negative, too large or missing" for name in found.keys() - kept.keys()
    ]
    headline = _headline(artefact)
    histograms: dict[str, tuple[Histogram, ...]] = {}
    for ref in artefact.histograms:
        if ref.unit != "ns":
            left_out.append(f"{ref.name}: its unit is {ref.unit}, not ns")
        elif every_histogram or ref is headline:
            histograms[ref.name] = _histogram(artefact, ref.path, folder)
        else:
            left_out.append(f"{ref.name}: not read")
    intervals = histograms.get(headline.name) if headline else None
    return Run(
        digest=digest,
        artefact=artefact,
        metrics=kept,
        histograms=histograms,
        latency=(
            Latency(headline.name, headline.clock, summary_of(merge(intervals)))
            if headline and intervals
            else None
        ),
        original=_original(artefact),
        left_out=tuple(sorted(left_out)),
    )


def _original(artefact: Artefact) -> str | None:
    files = artefact.files if kind_of(artefact).other_tool else ()
    return next((file.sha256 for file in files if Path(file.path).stem == ORIGINAL_STEM), None)


def _metrics(artefact: Artefact) -> Iterator[tuple[str, Metric]]:
    """Throughput of our own runs; every measurement of one by another tool."""
    if kind_of(artefact).other_tool:
        for measured in artefact.measurements:
            scale = _TIMES_NS.get(measured.unit, 1)
            unit = "ns" if measured.unit in _TIMES_NS else measured.unit
            samples = tuple(float(sample) * scale for sample in measured.samples)
            yield measured.name, Metric(unit, direction_of(artefact, measured), samples)
        return
    walls = samples_of(artefact, WALL_TIMES)
    if artefact.workload is not None and walls:
        messages = artefact.workload.messages
        rates = tuple(messages * 1e9 / wall if wall > 0 else 0.0 for wall in walls)
        yield THROUGHPUT, Metric("msg/s", "higher", rates)


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
