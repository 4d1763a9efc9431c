"""The figures of an imported run from the bytes of its envelope, many times faster than from a full reading.

Runs of one history differ in their values, time, commit and labels. The rest of an envelope, its
description, is validated by its model once and then remembered. Of the parts that differ, those that are
read are checked; the list of files and free parameters are not read. A run that is unusual is left to
`run_figures`, which gives the same figures for every valid run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import ConfigDict, TypeAdapter
from pydantic_core import from_json, to_json

from obrelease.analysis.comparison.comparability import DECIDING_OF_OTHER_TOOLS
from obrelease.analysis.history.run_figures import interval_of_sorted, json_text, run_figures
from obrelease.analysis.kinds.imported import IMPORTED
from obrelease.analysis.kinds.measurements import WALL_TIMES
from obrelease.analysis.statistics.median import median
from obrelease.analysis.summary.listed_figures import ListedFigures
from obrelease.analysis.summary.read_run import nanoseconds_per, read_run
from obrelease.models.artefact import MAX_SAMPLES, Artefact, Count, Key, Label, RecordedSummary, Scalar
from obrelease.models.base import MAX_SAFE_INTEGER, Commit, Nanos
from obrelease.models.run_figures import FigureValue, RunFigures, SeriesKey

_REMEMBERED: Final = 64
_READ_PARAMETERS: Final = frozenset({"core"}) | DECIDING_OF_OTHER_TOOLS
_NUMBERS: Final = frozenset({int, float})
_STRICT: Final = ConfigDict(strict=True)
_LABELS: Final = TypeAdapter(dict[Key, Label], config=_STRICT)
_FACTS: Final = TypeAdapter(tuple[Nanos, Commit | None, bool | None, Count | None], config=_STRICT)
_SAME_IN_ALL: Final[dict[str, Any]] = {
    "created_ns": "0",
    "command": [],
    "labels": {},
    "left_out": [],
    "files": [],
}


@dataclass(frozen=True, slots=True)
class _Description:
    """What runs have in common.

    Attributes:
        figures, listed: of a run of this description whose values are all 1.
        series: of each metric.
        scales: of each metric, nanoseconds of its unit; 1 for a unit that is not one of time.
        headline: the metric that lists show first; None without metrics.
    """

    figures: RunFigures
    listed: Mapping[str, Any]
    series: tuple[SeriesKey, ...]
    scales: tuple[int, ...]
    headline: int | None


class _Value(NamedTuple):
    """The value of one metric in its own unit, see `analysis.summary.run.Metric`."""

    value: int | float
    low: float | None
    high: float | None
    samples: int | None
    is_median: bool


def quick_figures(data: bytes, digest: str) -> RunFigures | None:
    """The figures of the envelope `data`; None if the run must be read in full.

    Args:
        digest: the sha256 of `data`.
    """
    try:
        return _figures(from_json(data, cache_strings="keys", allow_inf_nan=False), digest)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _figures(envelope: dict[str, Any], digest: str) -> RunFigures | None:
    producer, host, parameters = envelope["producer"], envelope["host"], envelope["parameters"]
    created_ns, commit, dirty, load = _FACTS.validate_python(
        (envelope["created_ns"], producer["commit"], producer["dirty"], host["volatile"]["load_1m_milli"])
    )
    labels = {key: label.value for key, label in _LABELS.validate_python(envelope["labels"]).items()}
    values = [_take_value(metric) for metric in envelope["metrics"]]
    producer["commit"] = producer["dirty"] = None
    host["volatile"] = {}
    envelope["parameters"] = {key: parameters[key] for key in _READ_PARAMETERS & parameters.keys()}
    common = _description(to_json(envelope | _SAME_IN_ALL))
    if common is None:
        return None
    return RunFigures(
        digest=digest,
        place=common.figures.place,
        created_ns=int(created_ns),
        commit=commit,
        dirty=dirty,
        toolchain=common.figures.toolchain,
        labels_json=json_text({key: str(value) for key, value in labels.items()}) if labels else "{}",
        listed_json=json_text(_listed(common, values, labels, load)),
        figures=tuple(
            FigureValue(
                series,
                float(each.value * scale),
                None if each.low is None else float(each.low * scale),
                None if each.high is None else float(each.high * scale),
                each.samples,
            )
            for series, scale, each in zip(common.series, common.scales, values, strict=True)
        ),
    )


def _take_value(metric: dict[str, Any]) -> _Value:
    """The value of a metric, whose samples or summary are replaced by those of the description.

    Raises:
        ValueError: a number is beyond 2**53, or the metric is kept as a histogram.
    """
    if samples := metric.get("samples"):
        metric["samples"] = [1]
        ordered = sorted(samples)
        if not {*map(type, ordered)} <= _NUMBERS or max(-ordered[0], ordered[-1]) > MAX_SAFE_INTEGER:
            raise ValueError("samples that are no plain numbers")
        if len(ordered) > MAX_SAMPLES:
            raise ValueError("too many samples")
        low, high = interval_of_sorted(ordered)
        return _Value(median(ordered), low, high, len(ordered), is_median=True)
    summary = RecordedSummary.model_validate(metric["summary"])
    metric["summary"] = {"statistic": summary.statistic, "value": 1}
    if abs(summary.value) > MAX_SAFE_INTEGER:
        raise ValueError("a large value")
    return _Value(summary.value, None, None, summary.count, summary.statistic == "median")


@lru_cache(maxsize=_REMEMBERED)
def _description(envelope: bytes) -> _Description | None:
    """The description of runs whose envelopes agree in these bytes; None for runs that are read in full."""
    artefact = Artefact.model_validate_json(envelope)
    if not _is_plain(artefact):
        return None
    run = read_run(artefact, digest="", folder=Path())
    figures = run_figures(run)
    primary = [number for number, metric in enumerate(artefact.metrics) if metric.primary]
    return _Description(
        figures=figures,
        listed=ListedFigures.of_run(run).to_json(),
        series=tuple(each.series for each in figures.figures),
        scales=tuple(nanoseconds_per(metric.unit) for metric in artefact.metrics),
        headline=next(iter(primary), 0 if artefact.metrics else None),
    )


def _is_plain(artefact: Artefact) -> bool:
    """Whether each figure of a run is the value of one metric, and no file is read."""
    return (
        artefact.kind == IMPORTED.name
        and artefact.workload is None
        and artefact.outcome is None
        and not artefact.histograms
        and all(metric.name != WALL_TIMES for metric in artefact.metrics)
    )


def _listed(
    common: _Description, values: Sequence[_Value], labels: Mapping[str, Scalar], load: int | None
) -> dict[str, Any]:
    """What `ListedFigures.to_json` gives."""
    shown = common.listed["figures"]
    measures = [
        measure | {"value": each.value, "median": each.value if each.is_median else None}
        for measure, each in zip(shown["measures"], values, strict=True)
    ]
    headline = common.listed["headline"]
    return {
        **common.listed,
        "figures": {**shown, "measures": measures, "labels": labels},
        "headline": headline if common.headline is None else [*headline[:2], values[common.headline].value],
        "load_1m_milli": load,
    }
