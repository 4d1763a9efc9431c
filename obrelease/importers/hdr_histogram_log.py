"""HdrHistogram logs (`.hlog`) as HistogramLogWriter writes them in Java, C, JavaScript, Go, Rust and Python.

Format: HistogramLogWriter and HistogramLogScanner of github.com/HdrHistogram/HdrHistogram, log formats 1.0 to
1.3: `[Tag=TAG,]START,LENGTH,MAX,BASE64` with histograms in the encodings V0, V1 and V2. Each tag becomes a
histogram under its own name; its intervals are kept apart, which the bootstrap uses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from obrelease.errors import InvalidInput, UsageError
from obrelease.importers.importer import Importer
from obrelease.importers.source import Clock, FileHead, Source
from obrelease.importers.tool_run import LeftOut, ToolHistogram, ToolRun
from obrelease.models.artefact import Scalar

if TYPE_CHECKING:
    from obrelease.analysis.histograms.histogram import Histogram
    from obrelease.analysis.histograms.interval_decoder import IntervalDecoder

UNITS_NS: Final = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
"""Nanoseconds of each unit that the values of a log may have."""

MAX_INTERVALS: Final = 200_000
"""The most intervals of a log: two days of one a second."""

MAX_TAGS: Final = 10_000

KEPT_INTERVALS: Final = 2_000
"""The most intervals that are kept of a tag; neighbours are merged two by two if there are more."""

_NUMBER: Final = r"[-+0-9.eE]+"
_INTERVAL: Final = re.compile(
    rf"(?:Tag=([^,\s]*),)?\s*({_NUMBER}),({_NUMBER}),({_NUMBER}),([A-Za-z0-9+/=]+)\s*", re.ASCII
)
_START: Final = re.compile(r"#\[(?:Start|Base)Time: (\d{1,11})(?:\.(\d{1,9}))?")
_COMMENT: Final = re.compile(r"#\[?(Logg(?:ed|ing) [^\]]{1,200})")
_V2_BLOB: Final = "HISTF"
"""How the base64 of a compressed V2 histogram begins."""

_EARLIEST_EPOCH: Final = 10**8
"""Seconds: a greater time of an interval is a date, a smaller one counts from the start of the log."""


class _Tag:
    """The intervals of one tag.

    Attributes:
        intervals: in the order of the log.
        merged: how many intervals of the log are one here.
        lines: as they are in the file, without the tag; empty if they cannot be kept as they are.
        digits: the coarsest precision.
    """

    def __init__(self) -> None:
        self.intervals: list[Histogram] = []
        self.merged = 1
        self.lines: list[str] = []
        self.digits = 5
        self.count = 0
        self._verbatim = True
        self._pending: list[Histogram] = []
        self._waiting = 0

    def add(self, interval: Histogram, line: str, digits: int, *, verbatim: bool) -> None:
        """Add the next interval of the log."""
        from obrelease.analysis.histograms.histogram_log import merge

        self.digits = min(self.digits, digits)
        self.count += interval.count
        self._verbatim &= verbatim
        if self._verbatim:
            self.lines.append(line)
        self._pending.append(interval)
        self._waiting += 1
        if self._waiting == self.merged:
            self.intervals.append(merge(self._pending))
            self._pending, self._waiting = [], 0
        if len(self.intervals) > KEPT_INTERVALS:
            pairs = range(0, len(self.intervals) - 1, 2)
            last = self.intervals[-1]
            self.intervals = [merge(self.intervals[at : at + 2]) for at in pairs]
            self._pending, self._waiting = [last], self.merged
            self.merged *= 2
            self._verbatim = False
        if not self._verbatim:
            self.lines = []

    def finish(self) -> None:
        """Add the last intervals, which are fewer than the others are made of."""
        from obrelease.analysis.histograms.histogram_log import merge

        if self._pending:
            self.intervals.append(merge(self._pending))
            self._pending = []


@dataclass(slots=True)
class _Log:
    tags: dict[str, _Tag] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    parameters: dict[str, Scalar] = field(default_factory=dict)
    started_ns: int | None = None


def _matches(head: FileHead) -> bool:
    return head.has_line(r"#\[Histogram log format version") or head.has_line(
        rf"(?:Tag=[^,\s]*,)?\s*{_NUMBER},{_NUMBER},{_NUMBER},(?:HIST|HISC)[A-Za-z0-9+/=]+\s*$"
    )


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a log, which is what one process recorded.

    Raises:
        InvalidInput: not a histogram log, or without a value.
        UsageError: no such unit.
    """
    unit = source.options.unit
    if unit not in UNITS_NS:
        raise UsageError(f"no unit {unit!r}", hint=f"units: {', '.join(UNITS_NS)}")
    log = _parsed(source)
    histograms, notes = [], []
    for name, tag in log.tags.items():
        if not tag.count:
            log.left_out.append(LeftOut(name or "(no tag)", "holds no value"))
            continue
        if tag.merged > 1:
            notes.append(f"{name or 'the log'}: each {tag.merged} intervals are merged into one")
        histograms.append(_histogram(name, tag, source.options.clock, UNITS_NS[unit]))
    if not histograms:
        raise source.error("holds no histogram with a value")
    yield ToolRun(
        tool="hlog",
        tool_version=None,
        title=source.stem,
        histograms=histograms,
        left_out=log.left_out,
        parameters={"unit": unit, **log.parameters},
        created_ns=log.started_ns,
        notes=notes,
    )


def _parsed(source: Source) -> _Log:
    """The intervals of a log by tag; a last line that is cut is left out, as a killed process leaves it."""
    from obrelease.analysis.histograms.interval_decoder import IntervalDecoder

    log, decoder = _Log(), IntervalDecoder()
    pending: tuple[int, InvalidInput] | None = None
    count = 0
    for number, line in enumerate(source.lines(), start=1):
        if not line.strip() or line.startswith(("#", '"')):
            _read_comment(log, line)
            continue
        if pending:
            raise pending[1]
        count += 1
        if count > MAX_INTERVALS or len(log.tags) > MAX_TAGS:
            raise source.error(f"more than {MAX_INTERVALS:,} intervals or {MAX_TAGS:,} tags")
        try:
            _read_interval(log, line, decoder, f"{source.place}: line {number}")
        except InvalidInput as error:
            pending = number, error
    if pending:
        if not log.tags:
            raise pending[1]
        reason = pending[1].message.rpartition(": ")[2]
        log.left_out.append(LeftOut(f"line {pending[0]}", f"the last interval is cut: {reason}"))
    for tag in log.tags.values():
        tag.finish()
    return log


def _read_comment(log: _Log, line: str) -> None:
    if (start := _START.match(line)) and log.started_ns is None:
        log.started_ns = int(start[1]) * 10**9 + int((start[2] or "0").ljust(9, "0"))
    elif comment := _COMMENT.match(line):
        log.parameters.setdefault("logged_with", comment[1])


def _read_interval(log: _Log, line: str, decoder: IntervalDecoder, place: str) -> None:
    match = _INTERVAL.fullmatch(line)
    if match is None:
        raise InvalidInput(
            f"{place}: is not [Tag=TAG,]start,length,max,histogram",
            hint="the file must be an HdrHistogram log (V0, V1 or V2)",
        )
    interval = decoder.decode(match[5], place)
    start_s = as_seconds(match[2])
    if log.started_ns is None and start_s is not None and start_s > _EARLIEST_EPOCH:
        log.started_ns = int(start_s * 1_000) * 10**6
    tag = log.tags.setdefault(match[1] or "", _Tag())
    tag.add(
        interval,
        line[match.start(2) :].strip(),
        decoder.significant_digits,
        verbatim=match[5].startswith(_V2_BLOB),
    )


def as_seconds(text: str) -> float | None:
    """A time of an interval; None if it is no finite number."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _histogram(name: str, tag: _Tag, clock: Clock, scale: int) -> ToolHistogram:
    """The log of one tag in nanoseconds: its own lines where those are V2, else encoded again."""
    from obrelease.analysis.histograms.histogram import LOG_HEADER, SIGNIFICANT_DIGITS
    from obrelease.analysis.histograms.histogram_log import encode_intervals

    if tag.lines and scale == 1:
        log = "\n".join((LOG_HEADER, *tag.lines, "")).encode("ascii")
        return ToolHistogram(name, log, clock, tag.count, 0, tag.digits)
    encoded = encode_intervals(tag.intervals, scale=scale)
    digits = min(tag.digits, SIGNIFICANT_DIGITS)
    return ToolHistogram(name, encoded.hlog, clock, encoded.count, encoded.out_of_range, digits)


IMPORTER: Final = Importer(
    name="hlog",
    title="HdrHistogram log: HistogramLogWriter in any language, jHiccup, wrk2, YCSB",
    matches=_matches,
    read=_read,
    suffix=".hlog",
    media_type="text/plain",
)
