"""Tables of runs: pandas frames of fixed columns and integer nanoseconds, and their CSV bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import pandas as pd

from obrelease.analysis.histograms.histogram import HistogramSummary

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One run as a row of `summary.csv`; None is an empty cell.

    `seed` is text because it may pass 2**63, and spreadsheets round beyond 2**53.
    """

    kind: str
    scenario: str
    core: str
    seed: str | None
    source: str | None
    messages: int
    passes: int
    wall_min_ns: int
    wall_median_ns: int
    wall_max_ns: int
    throughput_median_msg_s: int
    latency_count: int
    latency_out_of_range: int
    latency_min_ns: int
    latency_mean_ns: int
    latency_p50_ns: int
    latency_p90_ns: int
    latency_p99_ns: int
    latency_p999_ns: int
    latency_p9999_ns: int
    latency_max_ns: int
    timer_overhead_ns: int
    events: int
    events_digest: str
    state_digest: str


SUMMARY_COLUMNS: Final = tuple(field.name for field in fields(SummaryRow))
_INTEGERS: Final = {field.name: "Int64" for field in fields(SummaryRow) if field.type == "int"}
_TEXTS: Final = {name: "string" for name in SUMMARY_COLUMNS if name not in _INTEGERS}


def latency_columns(figures: HistogramSummary) -> dict[str, int]:
    """The `latency_*` columns but `latency_out_of_range`; the mean is rounded to whole nanoseconds."""
    return {
        "latency_count": figures.count,
        "latency_min_ns": figures.min_ns,
        "latency_mean_ns": round(figures.mean_ns),
        "latency_p50_ns": figures.p50_ns,
        "latency_p90_ns": figures.p90_ns,
        "latency_p99_ns": figures.p99_ns,
        "latency_p999_ns": figures.p999_ns,
        "latency_p9999_ns": figures.p9999_ns,
        "latency_max_ns": figures.max_ns,
    }


def summary_frame(rows: Sequence[SummaryRow]) -> pd.DataFrame:
    """One row per run, columns `SUMMARY_COLUMNS` in that order, integers as nullable `Int64`."""
    frame = pd.DataFrame([asdict(row) for row in rows], columns=list(SUMMARY_COLUMNS))
    return frame.astype(_INTEGERS | _TEXTS)


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """UTF-8 CSV with LF lines and no index, in which no text cell can start a spreadsheet formula."""
    texts = frame.select_dtypes(include=["string", "object"]).columns
    safe = frame.assign(**{name: frame[name].map(_inert) for name in texts})
    return safe.to_csv(index=False, lineterminator="\n").encode("utf-8")


def csv_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """Rows of plain values as CSV, the columns named as given; see `csv_bytes`."""
    return csv_bytes(pd.DataFrame(list(rows), columns=list(columns)))


def _inert(cell: Any) -> Any:
    """A quote before text that a spreadsheet would run (OWASP, CSV injection); CR becomes LF.

    The writer quotes LF alone, so a bare CR would start a row of its own in most readers.
    """
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    if text.lstrip().startswith(_FORMULA_STARTS) or text[:1] in {"\t", "\n"}:
        return f"'{text}"
    return text
