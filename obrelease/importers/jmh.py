"""JMH's JSON (`-rf json`): the score of each iteration of each fork, and secondary metrics of profilers.

Format: jmh-core/src/main/java/org/openjdk/jmh/results/format/JSONResultFormat.java of github.com/openjdk/jmh.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from obrelease.importers.importer import Importer
from obrelease.importers.json_reader import Node, as_number, scalar_of
from obrelease.importers.measured_units import MeasuredUnit, measured_unit
from obrelease.importers.metric_rows import MetricRows
from obrelease.importers.source import FileHead, Source
from obrelease.importers.tool_run import ToolRun, part_name
from obrelease.models.artefact import Scalar

MAX_SAMPLES: Final = 200_000
"""The most values of a histogram that are kept one by one."""

_HIGHER_MODE: Final = "thrpt"
_SETTINGS: Final = (
    "forks", "warmupIterations", "warmupTime", "warmupBatchSize", "measurementIterations",
    "measurementTime", "measurementBatchSize", "jdkVersion", "vmName", "vmVersion", "jvm",
)  # fmt: skip
"""Settings that are kept with the run if all of its benchmarks have the same."""

_NOT_FORKED: Final = (
    "a benchmark ran in JMH's own process (forks 0): JMH advises against it, the times may be off"
)


def _matches(head: FileHead) -> bool:
    return head.has_json("[].benchmark", "[].mode") and (
        head.has_json("[].primaryMetric") or head.has_json("[].jmhVersion")
    )


def _read(source: Source) -> Iterator[ToolRun]:
    """The one run of a file."""
    rows = MetricRows()
    settings: dict[str, set[Scalar]] = {}
    version = None
    for entry in source.json().items():
        version = version or entry.optional_text("jmhVersion")
        for key in _SETTINGS:
            if (
                value := scalar_of(entry.value.get(key) if isinstance(entry.value, dict) else None)
            ) is not None:
                settings.setdefault(key, set()).add(value)
        _add_benchmark(rows, entry)
    if not rows and not rows.left_out:
        raise source.error("has no benchmark", hint="a list of objects with 'benchmark' is expected")
    yield ToolRun(
        tool="jmh",
        tool_version=version,
        title=source.stem,
        metrics=rows.metrics(),
        left_out=rows.left_out,
        parameters={key: next(iter(values)) for key, values in settings.items() if len(values) == 1},
        notes=(_NOT_FORKED,) if 0 in settings.get("forks", ()) else (),
    )


def _add_benchmark(rows: MetricRows, entry: Node) -> None:
    name, mode = entry.member("benchmark").text(), entry.text_or("mode", "")
    parameters = {
        key: scalar
        for key, node in entry.object_or_empty("params").members()
        if (scalar := scalar_of(node.value)) is not None
    }
    if mode:
        parameters["mode"] = mode
    if (threads := entry.optional_number("threads")) is not None:
        parameters["threads"] = int(threads)
    primary = entry.member("primaryMetric")
    unit = _score_unit(primary.text_or("scoreUnit", ""), mode)
    _add_metric(rows, name, primary, unit, parameters, primary=True)
    for key, metric in entry.object_or_empty("secondaryMetrics").members():
        label = key.lstrip("·+ ")
        secondary = _secondary_unit(label, metric.text_or("scoreUnit", ""))
        _add_metric(rows, part_name(name, label), metric, secondary, parameters, primary=False)


def _score_unit(text: str, mode: str) -> MeasuredUnit:
    """The unit of a score; if mode and unit contradict each other, neither direction is sure."""
    unit = measured_unit(text)
    expected = "higher" if mode == _HIGHER_MODE else "lower"
    if unit.direction is None and mode:
        return unit.directed("higher" if mode == _HIGHER_MODE else "lower")
    return unit if not mode or unit.direction == expected else unit.directed(None)


def _secondary_unit(label: str, text: str) -> MeasuredUnit:
    """The unit of a secondary metric; a higher rate of allocation is not better."""
    unit = measured_unit(text)
    if label.startswith("gc.") and not label.endswith((".norm", "gc.time", "gc.count")):
        return unit.directed(None)
    return unit.directed("lower") if label in {"gc.count", "gc.time"} else unit


def _add_metric(
    rows: MetricRows,
    name: str,
    metric: Node,
    unit: MeasuredUnit,
    parameters: dict[str, Scalar],
    *,
    primary: bool,
) -> None:
    samples = _raw_samples(metric)
    if samples:
        rows.add_samples(name, unit, samples, parameters=parameters, primary=primary)
        return
    score = metric.optional_number("score")
    if score is None:
        rows.leave_out(name, "has no score that is a number")
        return
    figures = {f"p{float(key):g}": as_number(node.value) for key, node in _percentiles(metric)}
    figures["error"] = metric.optional_number("scoreError")
    rows.add_summary(name, unit, score, "mean", figures=figures, parameters=parameters, primary=primary)


def _percentiles(metric: Node) -> Iterator[tuple[str, Node]]:
    for key, node in metric.object_or_empty("scorePercentiles").members():
        if key.replace(".", "", 1).isdecimal():
            yield key, node


def _raw_samples(metric: Node) -> list[float] | None:
    """The samples, from the lists of the forks or from the histograms of mode `sample`."""
    if metric.optional("rawDataHistogram"):
        return _histogram_samples(metric.member("rawDataHistogram"))
    if not metric.optional("rawData"):
        return None
    values = [item.finite() for fork in metric.member("rawData").items() for item in fork.items()]
    finite = [value for value in values if value is not None]
    return finite if len(finite) == len(values) else None


def _histogram_samples(forks: Node) -> list[float] | None:
    """The values of all histograms, each as often as it occurs; None if they are too many."""
    samples: list[float] = []
    for fork in forks.items():
        for iteration in fork.items():
            for pair in iteration.items():
                value, count = (item.number() for item in _pair(pair))
                if len(samples) + count > MAX_SAMPLES:
                    return None
                samples.extend([value] * int(count))
    return samples


def _pair(pair: Node) -> tuple[Node, Node]:
    items = list(pair.items())
    if len(items) != 2:
        raise pair.error("is not a pair of value and count")
    return items[0], items[1]


IMPORTER: Final = Importer(
    name="jmh", title="JMH, -rf json", matches=_matches, read=_read, written_by="-rf json -rff FILE"
)
