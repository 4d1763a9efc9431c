"""Any numbers as an artefact: metrics, histograms, files and labels that a caller measured itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from numpy.typing import ArrayLike

from obengine.harness.machine import machine_facts
from obrelease.errors import InvalidInput, UsageError
from obrelease.models.artefact import Artefact, Host, Measurement, Producer, Scalar
from obrelease.models.artefact_draft import ArtefactDraft, slug
from obrelease.models.labels_and_directions import (
    Direction,
    direction_by_unit,
    direction_parameters,
    label_parameters,
)
from obrelease.models.picture_rules import MAX_PICTURE_BYTES, picture_rule
from obrelease.models.validation import model_errors
from obrelease.recorder.record_arguments import (
    checked_clock,
    checked_command,
    checked_direction,
    checked_items,
    checked_labels,
    checked_latencies,
    checked_samples,
    checked_time_ns,
    checked_unit,
    stored_name,
)
from obrelease.recorder.run_artefact import HistogramFile, encode_histogram, host_document
from obrelease.storage.durable import NewFile
from obrelease.storage.files import read_bounded

_SOURCE: Final = "record"


@dataclass(frozen=True, slots=True)
class Metric:
    """A named series of samples.

    Attributes:
        name: text of ASCII letters and digits; it is stored as a slug of at most 64 characters.
        unit: such as `ns`, `us`, `bytes` or `msg/s`.
        samples: finite numbers in the order they were taken, at least one; any iterable, such as a list,
            a NumPy array or a pandas Series.
        better: `higher` or `lower`; None to derive it from the unit (rates are better when higher).
    """

    name: str
    unit: str
    samples: Iterable[int | float]
    better: Direction | None = None


@dataclass(frozen=True, slots=True)
class Latencies:
    """Latencies to be stored as an HdrHistogram.

    Attributes:
        name: as for `Metric`.
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
    host: Host | None = None,
) -> ArtefactDraft:
    """Build an artefact of kind `imported`, ready for `Registry.record`.

    Args:
        scenario: what was measured; any text, stored as a slug.
        files: stored with the envelope; their paths must not be those of the histograms.
        labels: stored as parameters `label.KEY`; runs compare whatever their labels are.
        command: the command that measures it again.
        producer: the program that measured, and its commit.
        created_ns: when it was measured, nanoseconds since 1970.
        host: where; None for this machine.

    Raises:
        UsageError: no metric and no histogram, a metric without samples, two equal names, or a value of
            the wrong type.
        InvalidInput: a name, number, unit or text that an envelope does not take, or a picture that is not
            passive.
    """
    scenario = stored_name("scenario", scenario)
    metrics = checked_items("metrics", metrics, Metric)
    histograms = checked_items("histograms", histograms, Latencies)
    if not metrics and not histograms:
        raise UsageError("nothing to record", hint="pass at least one metric or histogram")
    _require_distinct("metric", [each.name for each in metrics])
    _require_distinct("histogram", [each.name for each in histograms])
    measurements = [_measurement(each) for each in metrics]
    directions = {slug(each.name): checked_direction(each.name, each.better) for each in metrics}
    exceptions = {
        each.name: better
        for each in measurements
        if (better := directions[each.name]) is not None and better != direction_by_unit(each.unit)
    }
    _require_passive_pictures(files)
    stored = [_histogram(each) for each in histograms]
    with model_errors(_SOURCE):
        artefact = Artefact(
            kind="imported",
            scenario=scenario,
            created_ns=str(checked_time_ns(created_ns)),
            command=checked_command(command),
            producer=producer,
            host=host or this_machine(),
            parameters={**label_parameters(checked_labels(labels)), **direction_parameters(exceptions)},
            measurements=tuple(measurements),
            histograms=tuple(each.ref for each in stored),
        )
    return ArtefactDraft(artefact, (*(each.file for each in stored), *files))


def _measurement(metric: Metric) -> Measurement:
    unit = checked_unit(metric.name, metric.unit)
    samples = checked_samples(metric.name, metric.samples)
    with model_errors(f"metric {metric.name!r}"):
        return Measurement(name=slug(metric.name), unit=unit, samples=samples)


def _histogram(latencies: Latencies) -> HistogramFile:
    name = slug(latencies.name)
    clock = checked_clock(latencies.name, latencies.clock)
    values_ns = checked_latencies(latencies.name, latencies.values_ns)
    return encode_histogram(name, f"{name}.hlog", values_ns, clock=clock)


def _require_passive_pictures(files: Sequence[NewFile]) -> None:
    for file in files:
        if (rule := picture_rule(file.path, file.media_type)) is None:
            continue
        content = file.content
        data = content if isinstance(content, bytes) else read_bounded(content, MAX_PICTURE_BYTES)
        if problems := rule(data):
            raise InvalidInput(f"{file.path}: {problems[0]}", hint="export it without active content")


def _require_distinct(what: str, names: Sequence[str]) -> None:
    by_slug: dict[str, str] = {}
    for name in names:
        stored = stored_name(f"{what} {name!r}", name)
        if stored in by_slug:
            raise UsageError(f"{by_slug[stored]!r} and {name!r} are stored under one name, {stored!r}")
        by_slug[stored] = name
