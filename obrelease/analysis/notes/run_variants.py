"""The ways in which one run did its work, a row each: scales of a stress run, architectures of a job."""

from __future__ import annotations

from collections.abc import Mapping
from csv import DictReader
from pathlib import Path
from typing import Final

from obrelease.analysis.histograms.histogram import MAX_HLOG_BYTES, Histogram
from obrelease.analysis.histograms.histogram_log import decode_intervals, merge
from obrelease.analysis.summary.run_summary import Variants
from obrelease.analysis.tables.architectures import architectures_csv
from obrelease.analysis.tables.stress import scale_rows
from obrelease.models.artefact import Artefact
from obrelease.storage.files import read_bounded

_SCALES: Final = {
    "scale": "scale",
    "sustained_median_msg_s": "sustained, msg/s",
    "offered_msg_s": "offered, msg/s",
    "done_msg_s": "done, msg/s",
    "service_p50_ns": "service p50, ns",
    "service_p99_ns": "service p99, ns",
    "response_p50_ns": "response p50, ns",
    "response_p99_ns": "response p99, ns",
    "response_p999_ns": "response p99.9, ns",
}
_ARCHITECTURES: Final = {
    "architecture": "architecture",
    "core": "core",
    "throughput_median_msg_s": "throughput, msg/s",
    "bound_msg_s": "bound, msg/s",
    "latency_p50_ns": "p50, ns",
    "latency_p99_ns": "p99, ns",
}


def variants_of(artefact: Artefact, folder: Path) -> Variants | None:
    """The variants of a run, derived from its envelope and histograms; None for kinds without any.

    Raises:
        IntegrityError: the folder lacks a file that the artefact lists.
        InvalidInput: the envelope lacks what a row is made of.
    """
    if artefact.kind == "stress":
        rows = [
            tuple(getattr(row, name) for name in _SCALES)
            for row in scale_rows(artefact, _curves(artefact, folder))
        ]
        return Variants(tuple(_SCALES.values()), tuple(rows))
    if artefact.kind == "architectures":
        text = architectures_csv(artefact, _curves(artefact, folder)).decode("utf-8")
        table = DictReader(text.splitlines())
        cells = (tuple(_cell(row[name]) for name in _ARCHITECTURES) for row in table)
        return Variants(tuple(_ARCHITECTURES.values()), tuple(cells))
    return None


def _curves(artefact: Artefact, folder: Path) -> Mapping[str, Histogram]:
    return {
        ref.name: merge(decode_intervals(read_bounded(folder / ref.path, MAX_HLOG_BYTES), name=ref.path))
        for ref in artefact.histograms
    }


def _cell(text: str) -> int | str:
    return int(text) if text.isdecimal() else text
