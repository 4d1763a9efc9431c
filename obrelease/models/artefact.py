"""The artefact envelope: workload, host, results and files of one run.

Format history (``ARTEFACT_VERSION``):

1. First version, see `artefact_version_1`; it is upgraded when it is read.
2. Metrics under the tool's own names, with an id, a direction, parameters, and samples or a summary; labels,
   the title, the name of the host, and the source of each; rows of a file that are no results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import Field, StringConstraints, model_serializer, model_validator

from obrelease.models.artefact_format import ARTEFACT_VERSION as ARTEFACT_VERSION
from obrelease.models.artefact_format import ENVELOPE_NAME as ENVELOPE_NAME
from obrelease.models.artefact_format import MAX_SAFE_INTEGER
from obrelease.models.artefact_format import MEASURE_COMMAND as MEASURE_COMMAND
from obrelease.models.artefact_format import UNKNOWN as UNKNOWN
from obrelease.models.artefact_rules import check_file_paths, check_histogram, check_ids, check_metric
from obrelease.models.base import (
    Commit,
    Digest,
    Document,
    Nanos,
    RelativePath,
    Slug,
    Uint64,
    Unit,
)
from obrelease.models.labels_and_directions import Direction, direction_by_unit
from obrelease.models.metric_identity import UNTAGGED, metric_id

ORIGINAL_STEM: Final = "original"
"""The stem of the imported file, which is kept next to the envelope."""

MAX_NAME: Final = 4096
"""The most characters of a name, a title or another text."""

MAX_KEY: Final = 256
"""The most characters of the key of a label or a parameter."""

MAX_UNIT: Final = 64
"""The most characters of a unit."""

MAX_SAMPLES: Final = 1_000_000
"""The most samples of one metric."""

Count = Annotated[int, Field(ge=0, le=MAX_SAFE_INTEGER)]
Integer = Annotated[int, Field(ge=-MAX_SAFE_INTEGER, le=MAX_SAFE_INTEGER)]
Number = Integer | float
Text = Annotated[str, Field(max_length=MAX_NAME)]
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Key = Annotated[str, StringConstraints(pattern=r"^[\s\S]{1,256}$")]
"""The key of a label or of a parameter: any text."""

MetricUnit = Annotated[str, Field(min_length=1, max_length=MAX_UNIT)]
"""The unit of a metric: any short text; `1` for counts."""

Scalar = bool | Integer | float | Text
Source = Literal["file", "user", "machine"]
"""Where a fact of a run comes from: the imported file, the user, or the machine that recorded the run."""

Kind = Literal["bench", "stress", "architectures", "replay", "profile", "imported"]


class Producer(Document):
    """The program that wrote the artefact, and the source it was built from.

    Attributes:
        commit, dirty: of the tree whose sources are those that ran, and of no other.
        sources_digest: sha256 over the Python sources that ran.
        core_digest: sha256 over the sources that the compiled core was built from, where it ran.
    """

    name: Slug
    version: Text
    commit: Commit | None = None
    dirty: bool | None = None
    sources_digest: Digest | None = None
    core_digest: Digest | None = None


class StableHost(Document):
    """Facts that may decide whether two runs compare: they do not change while a machine runs."""

    system: Text
    machine: Text
    cpu_model: Text
    cpu_count: Count
    python: Text
    compiler: Text | None = None
    libraries: dict[Slug, Text] = Field(default_factory=dict)


class VolatileHost(Document):
    """Facts that never decide a comparison: they differ from one minute to the next."""

    kernel: Text | None = None
    load_1m_milli: Count | None = None
    cpu_khz: Count | None = None
    memory_available_bytes: Count | None = None


class Host(Document):
    """The machine, in its stable and its volatile facts.

    Attributes:
        name: of the machine or the runner; None if it is not known.
    """

    stable: StableHost
    volatile: VolatileHost
    name: Text | None = None


class SourceFile(Document):
    """A data file that was read, named by its content; where it lay on disk is nobody's business."""

    name: Text
    size: Count
    sha256: Digest


class Workload(Document):
    """What was asked of the engine: enough to make the same commands again."""

    name: Slug
    version: Count
    messages: Count
    commands_digest: Digest
    seed: Uint64 | None = None
    source: SourceFile | None = None


class Check(Document):
    """A statement that the run proved or failed to prove, with the counts behind it."""

    name: Slug
    passed: bool
    detail: Text = ""
    counts: dict[Slug, Count] = Field(default_factory=dict)


class Outcome(Document):
    """What the deterministic workload gave; equal on every core, architecture and machine."""

    events: Count
    events_digest: Digest
    state_digest: Digest
    counts: dict[Slug, Count] = Field(default_factory=dict)
    checks: tuple[Check, ...] = ()


class RecordedSummary(Document):
    """The figures of a metric whose samples are not kept.

    Attributes:
        value: the figure that is compared.
        statistic: what `value` is.
        count: samples behind it, if it is known.
        figures: the others by name, such as `minimum`, `maximum`, `mean`, `stddev` and `p90`.
    """

    value: Number
    statistic: Literal["median", "mean", "minimum", "value"]
    count: Count | None = None
    figures: dict[Key, Number] = Field(default_factory=dict)


class RecordedMetric(Document):
    """One metric of a run, as samples in the order they were taken, a summary, or a histogram.

    Fields without a value are not written.

    Attributes:
        id: made of the name and the parameters, see `metric_identity.metric_id`.
        name: the tool's own name in full.
        direction: which values are better; None for metrics that are only information.
        parameters: of this benchmark, as the tool names them.
        group: the tool's own group, if it has groups.
        primary: False for what comes with the measurement: CPU time, user and system time, counters.
        histogram: the id of the histogram that has the samples.
    """

    id: Slug
    name: Name
    unit: MetricUnit
    direction: Direction | None = None
    parameters: dict[Key, Scalar] = Field(default_factory=dict)
    group: Text | None = None
    primary: bool = True
    samples: tuple[Number, ...] = Field(default=(), max_length=MAX_SAMPLES)
    summary: RecordedSummary | None = None
    histogram: Slug | None = None

    @model_validator(mode="after")
    def _check_identity_and_values(self) -> Self:
        check_metric(self.id, self.name, self.parameters, self.samples, self.summary, self.histogram)
        return self

    @model_serializer(mode="wrap")
    def _without_empty_fields(self, write: Callable[[Self], dict[str, Any]]) -> dict[str, Any]:
        """A file of 10,000 benchmarks has 40,000 metrics."""
        return {
            key: value
            for key, value in write(self).items()
            if value is not None and value != () and value != [] and value != {}
        }


class HistogramRef(Document):
    """A latency histogram kept beside the envelope in HdrHistogram V2 form.

    `clock` says what was timed: `service` from the start of the work, `response` from the
    intended arrival.

    Attributes:
        id: made of the tag, see `metric_identity.histogram_id`.
        tag: the tool's own name; empty for none.
    """

    id: Slug
    tag: Text
    path: RelativePath
    unit: Unit
    clock: Literal["service", "response"]
    count: Count
    out_of_range: Count
    significant_digits: Annotated[int, Field(ge=1, le=5)]

    @property
    def name(self) -> str:
        """The name that is shown: the tag, or `latency` for none."""
        return self.tag or UNTAGGED

    @model_validator(mode="after")
    def _check_identity(self) -> Self:
        check_histogram(self.id, self.tag)
        return self


class Label(Document):
    """The value of a label, and who gave it."""

    value: Scalar
    source: Source


class FactSources(Document):
    """Where the facts of a run come from; None for facts that are missing, and if it is not known."""

    host: Source | None = None
    commit: Source | None = None
    created: Source | None = None


class LeftOutRow(Document):
    """A row of the imported file that is no result: its name, and the reason in plain words."""

    name: Text
    reason: Text


class FileEntry(Document):
    """A file of the artefact: the envelope covers it by size and digest."""

    path: RelativePath
    media_type: Annotated[str, Field(pattern=r"^[a-z]+/[A-Za-z0-9.+-]+$", max_length=127)]
    size: Count
    sha256: Digest


class Artefact(Document):
    """One run, whole. Its digest is the sha256 of `artefact.json` as stored.

    Attributes:
        scenario: the name of its folder.
        title: the workload's name in full.
        sources: of the host, the commit and the time.
        left_out: rows of the imported file that are no results.
        drawn_with: the version of each library that drew the plots; not written if nothing was drawn.
    """

    stored_version: ClassVar[int] = 2
    """The version of the document that was read, see `artefact_version_1`."""

    format: Literal["obrelease.artefact"] = "obrelease.artefact"
    version: Literal[2] = ARTEFACT_VERSION
    kind: Kind
    scenario: Slug
    title: Text
    created_ns: Nanos
    command: tuple[Text, ...]
    producer: Producer
    host: Host
    sources: FactSources = Field(default_factory=FactSources)
    labels: dict[Key, Label] = Field(default_factory=dict)
    parameters: dict[Key, Scalar] = Field(default_factory=dict)
    workload: Workload | None = None
    outcome: Outcome | None = None
    metrics: tuple[RecordedMetric, ...] = ()
    histograms: tuple[HistogramRef, ...] = ()
    left_out: tuple[LeftOutRow, ...] = ()
    drawn_with: dict[Slug, Text] = Field(default_factory=dict)
    files: tuple[FileEntry, ...] = ()

    @model_serializer(mode="wrap")
    def _without_drawing(self, write: Callable[[Self], dict[str, Any]]) -> dict[str, Any]:
        return {key: value for key, value in write(self).items() if key != "drawn_with" or value}

    @property
    def label_values(self) -> dict[str, Scalar]:
        """The labels of the run by key, without their sources."""
        return {key: label.value for key, label in self.labels.items()}

    @model_validator(mode="after")
    def _check_ids(self) -> Self:
        check_ids(
            [(metric.id, metric.histogram) for metric in self.metrics],
            [histogram.id for histogram in self.histograms],
        )
        return self

    @model_validator(mode="after")
    def _check_file_paths(self) -> Self:
        check_file_paths((entry.path for entry in self.files), ENVELOPE_NAME)
        return self


def own_series(name: str, unit: str, samples: Iterable[int | float]) -> RecordedMetric:
    """A series of an own measurement, whose direction is that of its unit."""
    return RecordedMetric(
        id=metric_id(name, {}),
        name=name,
        unit=unit,
        direction=direction_by_unit(unit),
        samples=tuple(samples),
    )
