"""HdrHistogram logs (`.hlog`) as HistogramLogWriter writes them in Java, JavaScript and Go.

Format: log format 1.2 and 1.3 of github.com/HdrHistogram/HdrHistogram. Each tag becomes a
histogram; its intervals are kept apart, which the bootstrap uses.

As version 1 of the artefact format imported it; see `version_1_formats`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Final, Literal

from obrelease.analysis.histograms.histogram import LOG_HEADER, SIGNIFICANT_DIGITS
from obrelease.analysis.histograms.histogram_log import encode_merged, interval_lines, merge_lines
from obrelease.errors import UsageError
from obrelease.importers.version_1_import import ImportRequest, ToolResult, build_import
from obrelease.models.artefact import UNKNOWN
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.models.artefact_version_1 import HistogramRef
from obrelease.models.metric_identity import slug
from obrelease.storage.durable import NewFile

UNITS_NS: Final = {"ns": 1, "us": 1_000, "ms": 1_000_000}

_CLOCKS: Final[dict[str, Literal["service", "response"]]] = {"service": "service", "response": "response"}
_START: Final = re.compile(rb"^#\[StartTime: (\d{1,11})(?:\.(\d{1,9}))? ", re.MULTILINE)
_TAG: Final = re.compile(r"Tag=([^,\s]{1,255}),")


def import_hlog(request: ImportRequest) -> ArtefactDraft:
    """Read one log, which is what one process recorded.

    Raises:
        InvalidInput: not a histogram log, or empty.
        UsageError: no such unit or clock.
    """
    if request.unit not in UNITS_NS or request.clock not in _CLOCKS:
        raise UsageError(
            f"no unit {request.unit!r} or no clock {request.clock!r}",
            hint=f"units: {', '.join(UNITS_NS)}; clocks: {', '.join(_CLOCKS)}",
        )
    histograms = list(_histograms(request))
    result = ToolResult(
        tool="hlog",
        tool_version=UNKNOWN,
        scenario=PurePath(request.name).stem,
        histograms=[ref for ref, _ in histograms],
        files=[file for _, file in histograms],
        parameters={"unit": request.unit},
        created_ns=_started_ns(request.data),
    )
    return build_import(request, result, media_type="text/plain", suffix=".hlog")


def _histograms(request: ImportRequest) -> Iterator[tuple[HistogramRef, NewFile]]:
    by_tag: dict[str, list[str]] = {}
    for line in interval_lines(request.data, name=request.name):
        tag = _TAG.match(line)
        by_tag.setdefault(f"latency-{slug(tag[1])}"[:59] if tag else "latency", []).append(line)
    for name, lines in by_tag.items():
        log = "\n".join((LOG_HEADER, *lines, "")).encode("ascii")
        merged = merge_lines(lines, name=f"{request.name}: {name}")
        count, lost, digits = merged.histogram.count, 0, merged.significant_digits
        if (scale := UNITS_NS[request.unit]) != 1:
            encoded = encode_merged(merged.histogram, scale=scale)
            log, count, lost, digits = encoded.hlog, encoded.count, encoded.out_of_range, SIGNIFICANT_DIGITS
        ref = HistogramRef(
            name=name,
            path=f"{name}.hlog",
            unit="ns",
            clock=_CLOCKS[request.clock],
            count=count,
            out_of_range=lost,
            significant_digits=digits,
        )
        yield ref, NewFile(ref.path, "text/plain", log)


def _started_ns(data: bytes) -> int | None:
    match = _START.search(data)
    return int(match[1]) * 10**9 + int((match[2] or b"0").ljust(9, b"0")) if match else None
