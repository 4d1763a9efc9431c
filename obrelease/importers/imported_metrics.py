"""Metrics of a tool as the envelope keeps them; what it cannot keep is left out and named."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from obrelease.importers.tool_run import LeftOut, ToolHistogram, ToolMetric, ToolSummary
from obrelease.models.artefact import MAX_KEY, MAX_NAME, MAX_UNIT, RecordedMetric, RecordedSummary, Scalar
from obrelease.models.base import MAX_SAFE_INTEGER
from obrelease.models.json_values import float_error
from obrelease.models.metric_identity import metric_id
from obrelease.storage.hashing import digest_bytes

_SHOWN_NAME: Final = 200
_KEY_DIGITS: Final = 12
_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@dataclass(slots=True)
class Collected:
    """Metrics in the order of the file, the histograms of long series by id, and what is left out."""

    metrics: list[RecordedMetric] = field(default_factory=list)
    histograms: dict[str, ToolHistogram] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)


def recorded_metrics(metrics: Iterable[ToolMetric]) -> Collected:
    """The metrics of a file, each under its own name.

    Left out are results of one name and the same parameters, because nothing but their order keeps them
    apart; names, units and parameters that are too long; and numbers that JSON cannot hold.
    """
    found = Collected()
    for metric in metrics:
        name, parameters = storable_text(metric.name), storable_scalars(metric.parameters)
        if reason := _name_error(name, metric.unit, parameters):
            found.left_out.append(LeftOut(shortened(name), reason))
        elif recorded := _recorded(metric, name, parameters, found.left_out):
            found.metrics.append(recorded)
            if metric.histogram is not None and recorded.histogram is not None:
                found.histograms[recorded.id] = metric.histogram
    uses = Counter(metric.id for metric in found.metrics)
    repeated = {metric.id: metric for metric in found.metrics if uses[metric.id] > 1}
    found.metrics = [metric for metric in found.metrics if metric.id not in repeated]
    found.histograms = {key: value for key, value in found.histograms.items() if key not in repeated}
    found.left_out += [
        LeftOut(shortened(metric.name), f"{uses[identity]} results have this name and these parameters")
        for identity, metric in repeated.items()
    ]
    return found


def storable_text(text: str) -> str:
    """Text without lone surrogates, which no UTF-8 can hold."""
    return _LONE_SURROGATE.sub("\ufffd", text)


def storable_scalars(values: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Labels or parameters; numbers that JSON cannot hold become text."""
    return {storable_text(key): _storable_scalar(value) for key, value in values.items()}


def bounded_scalars(values: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """As `storable_scalars`; a key that is too long ends with digits of its sha256, a long text is cut."""
    return {
        _bounded_key(key): value[:MAX_NAME] if isinstance(value, str) else value
        for key, value in storable_scalars(values).items()
        if key
    }


def _bounded_key(key: str) -> str:
    if len(key) <= MAX_KEY:
        return key
    return f"{key[: MAX_KEY - _KEY_DIGITS - 3]}...{digest_bytes(key.encode())[:_KEY_DIGITS]}"


def is_storable(number: float) -> bool:
    """Whether an envelope can hold a number: finite, and below 2^53 where JSON would write an integer."""
    if isinstance(number, int):
        return abs(number) <= MAX_SAFE_INTEGER
    return float_error(number) is None


def shortened(name: str) -> str:
    """A name for a message or a list: whole up to 200 characters."""
    return name if len(name) <= _SHOWN_NAME else f"{name[: _SHOWN_NAME - 3]}..."


def _storable_scalar(value: Scalar) -> Scalar:
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, bool) or is_storable(value):
        return value
    return str(value)


def _name_error(name: str, unit: str, parameters: Mapping[str, Scalar]) -> str | None:
    if not name:
        return "has no name"
    if len(name) > MAX_NAME:
        return f"its name has {len(name):,} characters; at most {MAX_NAME:,} are kept"
    if len(unit) > MAX_UNIT:
        return f"its unit has {len(unit):,} characters; at most {MAX_UNIT} are kept"
    for key, value in parameters.items():
        if not 0 < len(key) <= MAX_KEY or (isinstance(value, str) and len(value) > MAX_NAME):
            return f"its parameter {shortened(key)!r} is too long, or has no name"
    return None


def _recorded(
    metric: ToolMetric, name: str, parameters: dict[str, Scalar], left_out: list[LeftOut]
) -> RecordedMetric | None:
    samples: Sequence[float] = ()
    summary: RecordedSummary | None = None
    identity = metric_id(name, parameters)
    if metric.histogram is not None:
        pass
    elif metric.summary is not None and not metric.samples:
        summary = _recorded_summary(name, metric.summary, left_out)
    else:
        samples = _storable_samples(name, metric.samples, left_out)
    if not samples and summary is None and metric.histogram is None:
        return None
    return RecordedMetric(
        id=identity,
        name=name,
        unit=storable_text(metric.unit) or "1",
        direction=metric.direction,
        parameters=parameters,
        group=None if metric.group is None else storable_text(metric.group)[:MAX_NAME],
        primary=metric.primary,
        samples=tuple(samples),
        summary=summary,
        histogram=identity if metric.histogram is not None else None,
    )


def _storable_samples(name: str, samples: Sequence[float], left_out: list[LeftOut]) -> Sequence[float]:
    if not len(samples):
        left_out.append(LeftOut(shortened(name), "has no samples"))
        return ()
    kept = [sample for sample in samples if is_storable(sample)]
    if bad := len(samples) - len(kept):
        which = "its value is" if len(samples) == 1 else f"{bad:,} of its {len(samples):,} samples are"
        left_out.append(LeftOut(shortened(name), f"{which} missing, not finite or beyond 2^53 - 1"))
    return kept


def _recorded_summary(name: str, summary: ToolSummary, left_out: list[LeftOut]) -> RecordedSummary | None:
    if not is_storable(summary.value):
        left_out.append(LeftOut(shortened(name), f"its value is {_number_text(summary.value)}"))
        return None
    figures = {key: value for key, value in summary.figures.items() if is_storable(value)}
    if bad := sorted(summary.figures.keys() - figures.keys()):
        reason = f"its figures {', '.join(bad[:5])} are not finite or beyond 2^53 - 1"
        left_out.append(LeftOut(shortened(name), reason))
    count = summary.count
    if count is not None and not 0 <= count <= MAX_SAFE_INTEGER:
        left_out.append(LeftOut(shortened(name), "its number of samples is negative or beyond 2^53 - 1"))
        count = None
    return RecordedSummary(value=summary.value, statistic=summary.statistic, count=count, figures=figures)


def _number_text(value: float) -> str:
    return f"{value:g}" if math.isfinite(value) else "not a finite number"
