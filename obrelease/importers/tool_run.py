"""What a reader of another tool's file gives: runs with metrics under the tool's own names.

A reader never invents: what the file does not say stays None, and what cannot be used is in `left_out`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from obrelease.models.artefact import Scalar, StableHost, VolatileHost
from obrelease.storage.durable import NewFile

FULL_COMMIT: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
"""A full git object name; a run has no other."""

Direction = Literal["higher", "lower"]
SummaryStatistic = Literal["median", "mean", "minimum", "value"]


@dataclass(frozen=True, slots=True)
class ToolSummary:
    """The figures of a metric whose samples the file does not hold.

    Attributes:
        value: the figure that is compared.
        statistic: what `value` is.
        count: samples behind it, if the file says so.
        figures: the others by name (`minimum`, `maximum`, `mean`, `stddev`, `p90`), in the metric's unit.
    """

    value: float
    statistic: SummaryStatistic
    count: int | None = None
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolMetric:
    """One metric of one run: samples in the order they were taken, a summary, or a histogram.

    Attributes:
        name: the tool's own name in full; any text.
        unit: `ns` for times, `B` for memory, `1/s` and `B/s` for rates, `1` for counts, else the tool's.
        direction: which values are better; None for metrics that are only information.
        parameters: of this benchmark, as the tool names them.
        group: the tool's own group, if it has groups.
        primary: False for what comes with the measurement: CPU time, user and system time, counters.
            Such a metric is named by `part_name`.
        histogram: the samples, if there are more of them than a run keeps one by one.
    """

    name: str
    unit: str
    direction: Direction | None
    samples: Sequence[float] = ()
    summary: ToolSummary | None = None
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    group: str | None = None
    primary: bool = True
    histogram: ToolHistogram | None = None


@dataclass(frozen=True, slots=True)
class ToolHistogram:
    """A latency histogram of a file: its own tag, and the log to store.

    Attributes:
        tag: the tool's own name, empty for none.
        log: bytes of an HdrHistogram log in nanoseconds.
    """

    tag: str
    log: bytes
    clock: Literal["service", "response"]
    count: int
    out_of_range: int
    significant_digits: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row of the file that is no result: its name, and the reason in plain words."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ToolRun:
    """One run as the file gives it.

    Attributes:
        title: the workload's name, any text: the executable, the suite, or the name of the file.
        host_name: the name of the machine or runner.
        stable, volatile: facts of the machine; None if the file has none.
        created_ns: when it was measured, nanoseconds since 1970.
        files: more files to keep in the run's folder.
        part: of a history, the bytes that are kept as the original of this run: a file of the same format
            that holds this run alone. None keeps the whole file.
        notes: what the user should know about how the file was read.
    """

    tool: str
    tool_version: str | None
    title: str
    metrics: Sequence[ToolMetric] = ()
    histograms: Sequence[ToolHistogram] = ()
    left_out: Sequence[LeftOut] = ()
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    labels: Mapping[str, Scalar] = field(default_factory=dict)
    host_name: str | None = None
    stable: StableHost | None = None
    volatile: VolatileHost | None = None
    commit: str | None = None
    dirty: bool | None = None
    created_ns: int | None = None
    files: Sequence[NewFile] = ()
    part: bytes | None = None
    notes: Sequence[str] = ()


def part_name(benchmark: str, part: str) -> str:
    """The name of a metric that comes with a benchmark's own: `BM_Match:items_per_second`."""
    return f"{benchmark}:{part}"
