"""Version 1 of the artefact envelope: still read, validated by its own schema, and upgraded in memory.

The stored bytes of a run are never written again. All other code sees the type of the newest version.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from obrelease.models import artefact as newest
from obrelease.models.artefact import (
    Count,
    FactSources,
    FileEntry,
    Integer,
    Kind,
    Label,
    LeftOutRow,
    Outcome,
    Producer,
    RecordedMetric,
    Scalar,
    StableHost,
    Text,
    VolatileHost,
    Workload,
)
from obrelease.models.artefact_rules import check_file_paths
from obrelease.models.base import Document, Nanos, RelativePath, Slug, Unit
from obrelease.models.labels_and_directions import (
    DIRECTION_PREFIX,
    DIRECTIONS,
    LABEL_PREFIX,
    direction_by_unit,
)


class Host(Document):
    """The machine, in its stable and its volatile facts."""

    stable: StableHost
    volatile: VolatileHost


class Measurement(Document):
    """A named series of samples in one unit, in the order they were taken."""

    name: Slug
    unit: Unit
    samples: tuple[Integer | float, ...] = Field(max_length=1_000_000)


class HistogramRef(Document):
    """A latency histogram kept beside the envelope in HdrHistogram V2 form.

    `clock` says what was timed: `service` from the start of the work, `response` from the
    intended arrival.
    """

    name: Slug
    path: RelativePath
    unit: Unit
    clock: Literal["service", "response"]
    count: Count
    out_of_range: Count
    significant_digits: Annotated[int, Field(ge=1, le=5)]


class Artefact(Document):
    """One run, whole. Its digest is the sha256 of `artefact.json` as stored."""

    format: Literal["obrelease.artefact"] = "obrelease.artefact"
    version: Literal[1] = 1
    kind: Kind
    scenario: Slug
    created_ns: Nanos
    command: tuple[Text, ...]
    producer: Producer
    host: Host
    parameters: dict[Slug, Scalar] = Field(default_factory=dict)
    workload: Workload | None = None
    outcome: Outcome | None = None
    measurements: tuple[Measurement, ...] = ()
    histograms: tuple[HistogramRef, ...] = ()
    files: tuple[FileEntry, ...] = ()

    @model_validator(mode="after")
    def _check_directions(self) -> Self:
        """Refuse a direction that no reader knows, because it would be taken for the other one."""
        for name, value in self.parameters.items():
            if name.startswith(DIRECTION_PREFIX) and value not in DIRECTIONS:
                raise ValueError(f"parameters: {name!r} is {value!r}, neither 'higher' nor 'lower'")
        return self

    @model_validator(mode="after")
    def _check_file_paths(self) -> Self:
        check_file_paths((entry.path for entry in self.files), newest.ENVELOPE_NAME)
        return self


class UpgradedArtefact(newest.Artefact):
    """A run of version 1 in the terms of the newest version."""

    stored_version: ClassVar[int] = 1


def upgraded(old: Artefact) -> UpgradedArtefact:
    """The same run in the terms of the newest version; a valid run of version 1 is never refused.

    Version 1 had slugs for names, so the id, the name and the slug of a metric are equal. A second
    measurement of one name, and one without samples, is left out and named.
    """
    parameters = old.parameters
    reserved = [name for name in parameters if name.startswith((DIRECTION_PREFIX, LABEL_PREFIX))]
    metrics, left_out = _metrics(old)
    return UpgradedArtefact.model_construct(
        kind=old.kind,
        scenario=old.scenario,
        title=old.scenario,
        created_ns=old.created_ns,
        command=old.command,
        producer=old.producer,
        host=newest.Host(stable=old.host.stable, volatile=old.host.volatile),
        sources=_sources(old),
        labels={
            name.removeprefix(LABEL_PREFIX): Label(value=value, source="user")
            for name, value in parameters.items()
            if name.startswith(LABEL_PREFIX)
        },
        parameters={name: value for name, value in parameters.items() if name not in reserved},
        workload=old.workload,
        outcome=old.outcome,
        metrics=metrics,
        histograms=tuple(_histograms(old)),
        left_out=left_out,
        files=old.files,
    )


def _metrics(old: Artefact) -> tuple[tuple[RecordedMetric, ...], tuple[LeftOutRow, ...]]:
    found: dict[str, RecordedMetric] = {}
    left_out: list[LeftOutRow] = []
    for series in old.measurements:
        if not series.samples:
            left_out.append(LeftOutRow(name=series.name, reason="has no samples"))
        elif series.name in found:
            left_out.append(LeftOutRow(name=series.name, reason="another measurement has the same name"))
        else:
            found[series.name] = _metric(old, series)
    return tuple(found.values()), tuple(left_out)


def _metric(old: Artefact, series: Measurement) -> RecordedMetric:
    stated = old.parameters.get(f"{DIRECTION_PREFIX}{series.name}")
    direction = next((each for each in DIRECTIONS if each == stated), direction_by_unit(series.unit))
    is_cpu_time = old.producer.name == "google-benchmark" and series.name.endswith(".cpu")
    return RecordedMetric.model_construct(
        id=series.name,
        name=series.name,
        unit=series.unit,
        direction=direction,
        samples=series.samples,
        primary=not is_cpu_time,
    )


def _histograms(old: Artefact) -> Iterator[newest.HistogramRef]:
    """The histograms; the first of two with one name."""
    seen: set[str] = set()
    for ref in old.histograms:
        if ref.name not in seen:
            seen.add(ref.name)
            yield newest.HistogramRef.model_construct(
                id=ref.name, tag=ref.name, **ref.model_dump(exclude={"name"})
            )


def _sources(old: Artefact) -> FactSources:
    """The sources of a run of this program; those of an import were not recorded."""
    if old.kind == "imported":
        return FactSources()
    return FactSources(host="machine", commit="machine" if old.producer.commit else None, created="machine")
