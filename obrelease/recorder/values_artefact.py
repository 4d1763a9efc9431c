"""Any numbers as an artefact: metrics, histograms, files and labels that a caller measured itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
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
from obrelease.recorder.run_artefact import encode_histogram, host_document
from obrelease.storage.durable import NewFile
from obrelease.storage.files import read_bounded

_SOURCE: Final = "record"


@dataclass(frozen=True, slots=True)
class Metric:
    """A named series of samples.

    Attributes:
        name: any text; it is stored as a slug.
        unit: such as `ns`, `bytes` or `msg/s`.
        samples: in the order they were taken, at least one.
        better: `higher` or `lower`; None to derive it from the unit (rates are better when higher).
    """

    name: str
    unit: str
    samples: Sequence[int | float]
    better: Direction | None = None


@dataclass(frozen=True, slots=True)
class Latencies:
    """Latencies to be stored as an HdrHistogram.

    Attributes:
        name: any text; it is stored as a slug.
        values_ns: whole nanoseconds, [n].
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
        UsageError: no metric and no histogram, a metric without samples, or two equal names.
        InvalidInput: a name, unit or text that an envelope does not take, or a picture that is not passive.
    """
    if not metrics and not histograms:
        raise UsageError("nothing to record", hint="pass at least one metric or histogram")
    _require_distinct([each.name for each in metrics])
    _require_distinct([each.name for each in histograms])
    if empty := next((each.name for each in metrics if not each.samples), None):
        raise UsageError(f"metric {empty!r} has no samples")
    _require_passive_pictures(files)
    stored = [
        encode_histogram(slug(each.name), f"{slug(each.name)}.hlog", _whole_ns(each), clock=each.clock)
        for each in histograms
    ]
    exceptions = {
        slug(each.name): each.better
        for each in metrics
        if each.better is not None and each.better != direction_by_unit(each.unit)
    }
    with model_errors(_SOURCE):
        artefact = Artefact(
            kind="imported",
            scenario=slug(scenario),
            created_ns=str(created_ns),
            command=tuple(command),
            producer=producer,
            host=host or this_machine(),
            parameters={**label_parameters(labels or {}), **direction_parameters(exceptions)},
            measurements=tuple(
                Measurement(name=slug(each.name), unit=each.unit, samples=tuple(each.samples))
                for each in metrics
            ),
            histograms=tuple(each.ref for each in stored),
        )
    return ArtefactDraft(artefact, (*(each.file for each in stored), *files))


def _whole_ns(latencies: Latencies) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    values = np.asarray(latencies.values_ns)
    if values.ndim != 1 or not np.issubdtype(values.dtype, np.integer):
        raise UsageError(f"histogram {latencies.name!r}: latencies are whole nanoseconds, one dimension")
    return values.astype(np.int64)


def _require_passive_pictures(files: Sequence[NewFile]) -> None:
    for file in files:
        if (rule := picture_rule(file.path, file.media_type)) is None:
            continue
        content = file.content
        data = content if isinstance(content, bytes) else read_bounded(content, MAX_PICTURE_BYTES)
        if problems := rule(data):
            raise InvalidInput(f"{file.path}: {problems[0]}", hint="export it without active content")


def _require_distinct(names: Sequence[str]) -> None:
    by_slug: dict[str, str] = {}
    for name in names:
        if slug(name) in by_slug:
            raise UsageError(
                f"{by_slug[slug(name)]!r} and {name!r} are stored under one name, {slug(name)!r}"
            )
        by_slug[slug(name)] = name
