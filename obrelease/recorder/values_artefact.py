"""Any numbers as an artefact: metrics, histograms, files and labels that a caller measured itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from numpy.typing import ArrayLike

from obengine.harness.machine import machine_facts
from obrelease.errors import InvalidInput, UsageError
from obrelease.models.archive_paths import folder_name
from obrelease.models.artefact import (
    Artefact,
    FactSources,
    Host,
    Label,
    Producer,
    RecordedMetric,
    Scalar,
)
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.models.labels_and_directions import Direction, direction_by_unit
from obrelease.models.metric_identity import histogram_id, histogram_path, metric_id
from obrelease.models.picture_rules import MAX_PICTURE_BYTES, picture_rule
from obrelease.models.validation import model_errors
from obrelease.recorder.record_arguments import (
    checked_clock,
    checked_command,
    checked_direction,
    checked_items,
    checked_labels,
    checked_latencies,
    checked_name,
    checked_samples,
    checked_scalars,
    checked_time_ns,
    checked_unit,
)
from obrelease.recorder.run_artefact import HistogramFile, encode_histogram, host_document
from obrelease.storage.durable import NewFile
from obrelease.storage.files import read_bounded

_SOURCE: Final = "record"


@dataclass(frozen=True, slots=True)
class Metric:
    """A named series of samples.

    Attributes:
        name: any text of at most 4,096 characters.
        unit: any text of at most 64 characters, such as `ns`, `us`, `bytes` or `msg/s`.
        samples: finite numbers in the order they were taken, at least one; any iterable, such as a list,
            a NumPy array or a pandas Series.
        better: `higher` or `lower`; None to derive it from the unit (rates are better when higher).
        parameters: of this metric; metrics of one name differ in them.
    """

    name: str
    unit: str
    samples: Iterable[int | float]
    better: Direction | None = None
    parameters: Mapping[str, Scalar] | None = None


@dataclass(frozen=True, slots=True)
class Latencies:
    """Latencies to be stored as an HdrHistogram.

    Attributes:
        name: any text of at most 4,096 characters.
        values_ns: whole nanoseconds, [n], from 0 to one hour; `timedelta64` values are converted.
        clock: `service` from the start of the work, `response` from the intended arrival.
    """

    name: str
    values_ns: ArrayLike
    clock: Literal["service", "response"] = "service"


def this_machine() -> Host:
    """The stable and the volatile facts of this machine."""
    return host_document(machine_facts(None))


def build_artefact(
    scenario: str,
    *,
    metrics: Sequence[Metric] = (),
    histograms: Sequence[Latencies] = (),
    files: Sequence[NewFile] = (),
    labels: Mapping[str, Scalar] | None = None,
    command: Sequence[str] = (),
    producer: Producer,
    created_ns: int,
    created_by_user: bool = False,
    host: Host | None = None,
) -> ArtefactDraft:
    """Build an artefact of kind `imported`, ready for `Registry.record`.

    Args:
        scenario: what was measured; any text of at most 4,096 characters.
        files: stored with the envelope; their paths must not be those of the histograms.
        labels: facts of the run; runs compare whatever their labels are.
        command: the command that measures it again.
        producer: the program that measured, and its commit.
        created_ns: when it was measured, nanoseconds since 1970.
        created_by_user: whether the caller gave the time.
        host: where; None for this machine.

    Raises:
        UsageError: no metric and no histogram, a metric without samples, two equal names, or a value of
            the wrong type.
        InvalidInput: a name, number, unit or text that an envelope does not take, or a picture that is not
            passive.
    """
    title = checked_name("scenario", scenario)
    metrics = checked_items("metrics", metrics, Metric)
    histograms = checked_items("histograms", histograms, Latencies)
    if not metrics and not histograms:
        raise UsageError("nothing to record", hint="pass at least one metric or histogram")
    recorded = [_recorded_metric(each) for each in metrics]
    stored = [_histogram(each) for each in histograms]
    _require_distinct("metric", [(each.id, each.name) for each in recorded])
    _require_distinct("histogram", [(each.ref.id, each.ref.tag) for each in stored])
    _require_passive_pictures(files)
    with model_errors(_SOURCE):
        artefact = Artefact(
            kind="imported",
            scenario=folder_name(title),
            title=title,
            created_ns=str(checked_time_ns(created_ns)),
            command=checked_command(command),
            producer=producer,
            host=host or this_machine(),
            sources=FactSources(
                host="user" if host else "machine",
                commit="machine" if producer.commit else None,
                created="user" if created_by_user else "machine",
            ),
            labels={key: Label(value=value, source="user") for key, value in checked_labels(labels).items()},
            metrics=tuple(recorded),
            histograms=tuple(each.ref for each in stored),
        )
    return ArtefactDraft(artefact, (*(each.file for each in stored), *files))


def _recorded_metric(metric: Metric) -> RecordedMetric:
    name = checked_name("metric", metric.name)
    unit = checked_unit(name, metric.unit)
    samples = checked_samples(name, metric.samples)
    parameters = checked_scalars(f"metric {name!r}: parameter", metric.parameters)
    with model_errors(f"metric {name!r}"):
        return RecordedMetric(
            id=metric_id(name, parameters),
            name=name,
            unit=unit,
            direction=checked_direction(name, metric.better) or direction_by_unit(unit),
            parameters=parameters,
            samples=samples,
        )


def _histogram(latencies: Latencies) -> HistogramFile:
    name = checked_name("histogram", latencies.name)
    clock = checked_clock(name, latencies.clock)
    values_ns = checked_latencies(name, latencies.values_ns)
    return encode_histogram(name, histogram_path(histogram_id(name)), values_ns, clock=clock)


def _require_passive_pictures(files: Sequence[NewFile]) -> None:
    for file in files:
        if (rule := picture_rule(file.path, file.media_type)) is None:
            continue
        content = file.content
        data = content if isinstance(content, bytes) else read_bounded(content, MAX_PICTURE_BYTES)
        if problems := rule(data):
            raise InvalidInput(f"{file.path}: {problems[0]}", hint="export it without active content")


def _require_distinct(what: str, identities: Sequence[tuple[str, str]]) -> None:
    seen: set[str] = set()
    for identity, name in identities:
        if identity in seen:
            cure = "give them different parameters, or one metric all samples"
            raise UsageError(f"two {what}s have the name {name!r}", hint=cure if what == "metric" else None)
        seen.add(identity)
