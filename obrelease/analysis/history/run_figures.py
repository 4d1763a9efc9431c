"""The figures of a run for histories, lists and pages: its metrics, latencies and what lists show."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic_core import to_json

from obrelease.analysis.comparison.comparability import facts_of
from obrelease.analysis.summary.key_figures import latency_figures, throughput_figures
from obrelease.analysis.summary.listed_figures import ListedFigures
from obrelease.analysis.summary.run import Metric, Run
from obrelease.models.artefact import UNKNOWN, Artefact
from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.labels_and_directions import Direction
from obrelease.models.metric_identity import metric_id
from obrelease.models.run_figures import FigureValue, RunFigures, SeriesKey
from obrelease.storage.hashing import digest_bytes

_VARIANT_DIGITS: Final = 12
_NOT_THE_WORKLOAD: Final = ("host.", "outcome.", "kind", "scenario", "histograms.")
_NORMAL_95: Final = 1.959964
_LEAST_SAMPLES: Final = 6
"""Fewer samples have no 95 % interval of their median."""


def run_figures(run: Run) -> RunFigures:
    """All figures of a run that was read from its files."""
    artefact = run.artefact
    return RunFigures(
        digest=run.digest,
        place=f"{artefact.kind}/{artefact.scenario}",
        created_ns=run.created_ns,
        commit=run.commit,
        dirty=artefact.producer.dirty,
        toolchain=_toolchain(artefact),
        labels_json=json_text({key: str(value) for key, value in artefact.label_values.items()}),
        listed_json=json_text(ListedFigures.of_run(run).to_json()),
        figures=tuple(_figures(run)),
    )


def _figures(run: Run) -> Iterator[FigureValue]:
    artefact = run.artefact
    variant, machine = _variant(artefact), _machine(artefact)

    def series(name: str, unit: str, direction: Direction | None, metric: Metric | None = None) -> SeriesKey:
        return SeriesKey(
            kind=artefact.kind,
            scenario=artefact.scenario,
            core=run.core,
            variant=variant,
            machine=machine,
            metric_id=metric.id if metric else metric_id(name, {}),
            name=name,
            unit=unit,
            direction=direction,
            primary=metric.primary if metric else True,
            group=metric.group if metric else None,
            parameters=canonical_bytes(dict(metric.parameters)).decode()
            if metric and metric.parameters
            else "",
        )

    for metric in run.metrics.values():
        value = metric.value
        if math.isfinite(value):
            low, high = median_interval(metric.samples)
            key = series(metric.name, metric.unit, metric.direction, metric)
            yield FigureValue(key, float(value), low, high, metric.count)
    if not run.metrics:
        for figure in throughput_figures(run):
            yield FigureValue(
                series(figure.metric, figure.unit, figure.direction),
                float(figure.value),
                None,
                None,
                figure.samples,
            )
    for figure in latency_figures(run):
        yield FigureValue(
            series(figure.metric, figure.unit, figure.direction),
            float(figure.value),
            None,
            None,
            figure.samples,
        )


def median_interval(samples: Sequence[float]) -> tuple[float, float] | tuple[None, None]:
    """The 95 % interval of the median by order statistics; None for fewer than six samples.

    Source: W. Conover, "Practical nonparametric statistics", 1999, section 3.2.
    """
    return interval_of_sorted(sorted(samples))


def interval_of_sorted(ordered: Sequence[float]) -> tuple[float, float] | tuple[None, None]:
    """The same of samples in ascending order."""
    count = len(ordered)
    if count < _LEAST_SAMPLES:
        return None, None
    reach = _NORMAL_95 * math.sqrt(count) / 2
    low = max(0, math.floor(count / 2 - reach))
    return float(ordered[low]), float(ordered[count - 1 - low])


def json_text(value: Mapping[str, Any]) -> str:
    """JSON as the table of figures keeps it."""
    return to_json(value).decode()


def _variant(artefact: Artefact) -> str:
    facts = {
        name: value for name, value in facts_of(artefact).items() if not name.startswith(_NOT_THE_WORKLOAD)
    }
    return digest_bytes(canonical_bytes(facts))[:_VARIANT_DIGITS]


def _machine(artefact: Artefact) -> str:
    if artefact.host.name:
        return artefact.host.name
    stable = artefact.host.stable
    known = [fact for fact in (stable.cpu_model, stable.machine, stable.system) if fact != UNKNOWN]
    if stable.cpu_count:
        known.append(f"{stable.cpu_count} cpus")
    return ", ".join(known) or UNKNOWN


def _toolchain(artefact: Artefact) -> str:
    stable = artefact.host.stable
    parts = [stable.compiler or "", "" if stable.python in (UNKNOWN, "none") else stable.python]
    parts += [f"{name} {version}" for name, version in sorted(stable.libraries.items())]
    return ", ".join(part for part in parts if part)
