"""One recorded run as every command reads it: the artefact, its metrics and its latency histograms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from obrelease.analysis.kinds.measurements import WALL_TIMES, samples_of, throughput_msg_s
from obrelease.analysis.statistics.median import median
from obrelease.analysis.summary.stability import instabilities, is_stability
from obrelease.models.artefact import MEASURE_COMMAND, Artefact, Scalar
from obrelease.models.labels_and_directions import Direction

if TYPE_CHECKING:
    from obrelease.analysis.histograms.histogram import Histogram, HistogramSummary

THROUGHPUT: Final = "throughput"


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of a metric whose samples are not kept, in the unit of the metric.

    Attributes:
        value: the figure that is compared.
        statistic: what `value` is: `median`, `mean`, `minimum` or `value`.
        count: samples behind it; None if it is not known.
        figures: the others by name, such as `minimum`, `stddev` and `p90`.
    """

    value: float
    statistic: str
    count: int | None = None
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of one run: samples as they were taken, zeros and negative ones too, or a summary.

    Attributes:
        id: equal in all runs of one name and the same parameters; see `models.metric_identity`.
        name: the tool's own name in full, any text.
        unit: as recorded; `ns` for all times in `Run.metrics`.
        direction: which values are better; None for metrics that are only information.
        samples: empty if there is a summary.
        summary: None if there are samples. A series that is kept as a histogram has its summary.
        histogram: the id of that histogram, which `Run.histograms` has.
        group: the tool's own group.
        primary: False for what comes with the measurement: CPU time, user and system time, counters.
    """

    id: str
    name: str
    unit: str
    direction: Direction | None
    samples: tuple[float, ...] = ()
    summary: Summary | None = None
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    group: str | None = None
    primary: bool = True
    histogram: str | None = None

    @property
    def value(self) -> float:
        """The one figure of the metric: the median of the samples, or the value of the summary."""
        return self.summary.value if self.summary else median(self.samples)

    @property
    def statistic(self) -> str:
        """What `value` is."""
        return self.summary.statistic if self.summary else "median"

    @property
    def count(self) -> int | None:
        """How many samples are behind the value; None if it is not known."""
        return self.summary.count if self.summary else len(self.samples)


@dataclass(frozen=True, slots=True)
class Latency:
    """The figures of the histogram that summarises the latency of a run.

    Attributes:
        histogram: its name.
        clock: what was timed, see `HistogramRef`.
    """

    histogram: str
    clock: Literal["service", "response"]
    figures: HistogramSummary


@dataclass(frozen=True, slots=True)
class Run:
    """One recorded run.

    Attributes:
        digest: the artefact digest.
        artefact: the envelope.
        metrics: what a comparison tests besides latencies, by id; times in nanoseconds.
        histograms: the intervals of each latency histogram in nanoseconds, by id.
        latency: of the largest histogram of response times, or else of the first; None without any.
        original: digest of the imported file, None for our own runs.
        recorded_metrics: every metric of the envelope in the unit that was recorded, also the series of
            own runs.
        left_out: what was not read, each with the reason; rows that the importer left out are in
            `artefact.left_out`.
    """

    digest: str
    artefact: Artefact
    metrics: Mapping[str, Metric]
    histograms: Mapping[str, tuple[Histogram, ...]]
    latency: Latency | None = None
    original: str | None = None
    left_out: tuple[str, ...] = ()
    recorded_metrics: tuple[Metric, ...] = ()

    @property
    def core(self) -> str:
        """The core that ran; empty for runs without an engine."""
        return str(self.artefact.parameters.get("core", ""))

    @property
    def name(self) -> str:
        """Kind, scenario and core: runs of one name are repetitions of one measurement."""
        return " ".join(filter(None, (self.artefact.kind, self.artefact.scenario, self.core)))

    @property
    def identity(self) -> str:
        """The digest of the imported file, or else of the artefact: equal in runs that are one run.

        Two processes that were measured are two runs, also if they wrote the same bytes.
        """
        measured = self.artefact.command[:2] == MEASURE_COMMAND
        return self.digest if measured else self.original or self.digest

    @property
    def created_ns(self) -> int:
        """Nanoseconds since 1970."""
        return int(self.artefact.created_ns)

    @property
    def commit(self) -> str | None:
        """The commit of the source tree that measured; None if unknown."""
        return self.artefact.producer.commit

    @property
    def passes(self) -> int:
        """Timed passes over the workload."""
        return len(samples_of(self.artefact, WALL_TIMES))

    @property
    def throughput_msg_s(self) -> int | None:
        """Median over the passes, whole messages per second; None for runs that have no such passes."""
        workload, walls = self.artefact.workload, samples_of(self.artefact, WALL_TIMES)
        return median(throughput_msg_s(workload.messages, walls)) if workload and walls else None

    @property
    def percentiles_ns(self) -> tuple[int, int, int] | tuple[None, None, None]:
        """p50, p99 and p99.9 of the latency; None for runs without a histogram."""
        found = self.latency.figures if self.latency else None
        return (found.p50_ns, found.p99_ns, found.p999_ns) if found else (None, None, None)

    @property
    def unstable(self) -> tuple[str, ...]:
        """Why the passes are unstable; empty if they are stable or were not checked."""
        return instabilities(self.artefact)

    @property
    def checks_passed(self) -> tuple[str, ...]:
        """Names of the correctness checks that passed."""
        checks = self.artefact.outcome.checks if self.artefact.outcome else ()
        return tuple(check.name for check in checks if check.passed and not is_stability(check))

    @property
    def checks_failed(self) -> tuple[str, ...]:
        """Names of the checks that failed."""
        checks = self.artefact.outcome.checks if self.artefact.outcome else ()
        return tuple(check.name for check in checks if not check.passed)
