"""Catch2's XML reporter (`-r xml`), versions 2 and 3: mean and deviation of each benchmark.

Format: src/catch2/reporters/catch_reporter_xml.cpp of github.com/catchorg/Catch2. The name of a benchmark
is the path of test case and sections, as `-c` takes it, and its own name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from obrelease.errors import InvalidInput
from obrelease.importers.importer import Importer
from obrelease.importers.measured_units import NANOSECONDS
from obrelease.importers.metric_rows import MetricRows, parse_number
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun

_ROOT: Final = r"\s*(?:<\?xml[^>]*\?>\s*)?<(?:Catch2TestRun|Catch)\b"
_SCOPES: Final = frozenset({"Group", "TestCase", "Section"})
_MAX_DEPTH: Final = 200


@dataclass(slots=True)
class _Benchmark:
    name: str
    count: int | None
    figures: dict[str, float | None] = field(default_factory=dict)
    failure: str | None = None


class _Handler:
    """Collects the benchmarks of a document from the events of the parser."""

    def __init__(self, source: Source, parser: expat.XMLParserType) -> None:
        self.rows = MetricRows()
        self.title: str | None = None
        self.version: str | None = None
        self._source, self._parser = source, parser
        self._path: list[str] = []
        self._depth = 0
        self._benchmark: _Benchmark | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error(f"has more than {_MAX_DEPTH} nested elements")
        if self._depth == 1:
            self.title, self.version = attributes.get("name"), attributes.get("catch2-version")
        elif tag in _SCOPES:
            self._path.append("" if tag == "Group" else attributes.get("name", ""))
        elif tag == "BenchmarkResults":
            name = "/".join((*filter(None, self._path), attributes.get("name", "")))
            count = parse_number(attributes.get("samples", ""))
            self._benchmark = _Benchmark(name, int(count) if count is not None else None)
        elif self._benchmark is not None:
            self._figure(self._benchmark, tag, attributes)

    def end(self, tag: str) -> None:
        """An element ends."""
        self._depth -= 1
        if tag in _SCOPES and self._path:
            self._path.pop()
        elif tag == "BenchmarkResults" and self._benchmark is not None:
            self._add(self._benchmark)
            self._benchmark = None

    def doctype(self, *_: object) -> None:
        """A document type could define entities that grow without bounds."""
        raise self._error("has a document type, which no report of Catch2 has")

    def _figure(self, benchmark: _Benchmark, tag: str, attributes: dict[str, str]) -> None:
        if tag == "failed":
            benchmark.failure = attributes.get("message") or "failed"
        elif tag in {"mean", "standardDeviation"}:
            text = attributes.get("value", "")
            value = parse_number(text)
            if value is None and text.lower().lstrip("-") not in {"nan", "inf"}:
                raise self._error(f"<{tag}> of {benchmark.name[:80]!r} has no number as 'value'")
            benchmark.figures["mean" if tag == "mean" else "stddev"] = value
            if tag == "mean":
                benchmark.figures["mean_low"] = parse_number(attributes.get("lowerBound", ""))
                benchmark.figures["mean_high"] = parse_number(attributes.get("upperBound", ""))

    def _add(self, benchmark: _Benchmark) -> None:
        mean = benchmark.figures.pop("mean", None)
        if benchmark.failure is not None or mean is None:
            self.rows.leave_out(benchmark.name, benchmark.failure or "has no mean that is a number")
            return
        self.rows.add_summary(
            benchmark.name, NANOSECONDS, mean, "mean", count=benchmark.count, figures=benchmark.figures
        )

    def _error(self, reason: str) -> InvalidInput:
        return self._source.error(f"line {self._parser.CurrentLineNumber}: {reason}")


def _matches(head: FileHead) -> bool:
    return head.begins_with(_ROOT)


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file."""
    parser = expat.ParserCreate("utf-8")
    handler = _Handler(source, parser)
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.StartDoctypeDeclHandler = handler.doctype
    try:
        parser.Parse(source.text().strip().encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise source.error(
            f"line {error.lineno}: is no XML: {reason}", hint="the file may be cut off"
        ) from None
    if not handler.rows and not handler.rows.left_out:
        raise source.error("has no <BenchmarkResults>", hint="run the program without --skip-benchmarks")
    yield ToolRun(
        tool="catch2",
        tool_version=handler.version,
        title=handler.title or source.stem,
        metrics=handler.rows.metrics(),
        left_out=handler.rows.left_out,
    )


IMPORTER: Final = Importer(
    name="catch2",
    title="Catch2, -r xml",
    matches=_matches,
    read=_read,
    written_by="-r xml",
    suffix=".xml",
    media_type="application/xml",
)
