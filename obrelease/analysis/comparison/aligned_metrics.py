"""Metrics of two sets of runs under one id each: runs of both formats, and renamed metrics.

A metric of a version 1 run has the slug that its name had there. It is the metric of a version 2 run with
that slug if there is only one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from obrelease.analysis.comparison.metric_names import with_parameters
from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.summary.run import Metric, Run
from obrelease.models.labels_and_directions import Direction
from obrelease.models.metric_identity import match_version_1, version_1_histogram_name

HISTOGRAM_UNIT = "ns"


@dataclass(frozen=True, slots=True)
class LatencySeries:
    """A latency histogram of a run under its own name, with what was timed."""

    id: str
    name: str
    clock: Literal["service", "response"] | None
    intervals: tuple[Histogram, ...]


@dataclass(frozen=True, slots=True)
class AlignedRun:
    """The metrics and histograms of one run, by ids that are those of all compared runs."""

    run: Run
    metrics: Mapping[str, Metric]
    histograms: Mapping[str, LatencySeries]


@dataclass(frozen=True, slots=True)
class MetricIdentity:
    """A metric as a comparison names it."""

    id: str
    name: str
    unit: str
    direction: Direction | None
    primary: bool
    group: str | None


def align(runs: Sequence[Run], aliases: Mapping[str, str]) -> tuple[AlignedRun, ...]:
    """Give the metrics and histograms of all runs the ids that they have in common.

    Args:
        runs: of both sides.
        aliases: new names of metrics by their old names.
    """
    newest = [run for run in runs if run.artefact.stored_version > 1]
    names = {metric.id: metric.name for run in newest for metric in run.metrics.values()}
    tags = _tags(newest)
    return tuple(
        AlignedRun(run, _renamed(_metrics_of(run, names), runs, aliases), dict(_histograms_of(run, tags)))
        for run in runs
    )


def metric_identities(runs: Sequence[AlignedRun]) -> dict[str, MetricIdentity]:
    """Every metric that any run has, by id, in the order of the first run that has it.

    A name that several metrics have is followed by the parameters in which they differ.
    """
    found: dict[str, Metric] = {}
    for run in runs:
        for identity, metric in run.metrics.items():
            known = found.setdefault(identity, metric)
            if known.id != identity and metric.id == identity:
                found[identity] = metric
    ids_by_name: dict[str, int] = {}
    for metric in found.values():
        ids_by_name[metric.name] = ids_by_name.get(metric.name, 0) + 1
    return {
        identity: MetricIdentity(
            id=identity,
            name=(
                metric.name
                if ids_by_name[metric.name] == 1
                else with_parameters(metric.name, metric.parameters)
            ),
            unit=metric.unit,
            direction=metric.direction,
            primary=metric.primary,
            group=metric.group,
        )
        for identity, metric in found.items()
    }


def _distinct_name(metric: Metric, ids_by_name: Mapping[str, int]) -> str:
    if ids_by_name[metric.name] == 1:
        return metric.name
    return with_parameters(metric.name, metric.parameters)


def _metrics_of(run: Run, names: Mapping[str, str]) -> dict[str, Metric]:
    if run.artefact.stored_version > 1 or not names:
        return dict(run.metrics)
    newer = match_version_1(list(run.metrics), names)
    return {newer.get(identity, identity): metric for identity, metric in run.metrics.items()}


def _renamed(
    metrics: dict[str, Metric], runs: Sequence[Run], aliases: Mapping[str, str]
) -> dict[str, Metric]:
    """The same metrics, the old ones under the id and the name of the new ones."""
    if not aliases:
        return metrics
    renamed: dict[str, Metric] = {}
    for identity, metric in metrics.items():
        new = aliases.get(metric.name)
        target = None if new is None else _target(new, metric, runs)
        if target is None or target.id in metrics:
            renamed[identity] = metric
        else:
            renamed[target.id] = replace(metric, id=target.id, name=target.name)
    return renamed


def _target(new: str, metric: Metric, runs: Sequence[Run]) -> Metric | None:
    """The metric of the new name in any run, with the same parameters if several have that name."""
    found = {each.id: each for run in runs for each in run.metrics.values() if each.name == new}
    same = [each for each in found.values() if each.parameters == metric.parameters]
    return next(iter(same or (found.values() if len(found) == 1 else ())), None)


def _tags(newest: Sequence[Run]) -> dict[str, str]:
    """Ids of histograms by the name that version 1 gave them, where it gave that name to one only."""
    ids: dict[str, set[str]] = {}
    for run in newest:
        for ref in run.artefact.histograms:
            ids.setdefault(version_1_histogram_name(ref.tag), set()).add(ref.id)
    return {name: next(iter(found)) for name, found in ids.items() if len(found) == 1}


def _histograms_of(run: Run, tags: Mapping[str, str]) -> Iterator[tuple[str, LatencySeries]]:
    """The histograms that are no metric's samples."""
    refs = {ref.id: ref for ref in run.artefact.histograms}
    used = {metric.histogram for metric in run.artefact.metrics}
    for identity, intervals in run.histograms.items():
        if identity in used:
            continue
        ref = refs.get(identity)
        is_old = run.artefact.stored_version == 1
        shared = tags.get(identity, identity) if is_old else identity
        yield (
            shared,
            LatencySeries(shared, ref.name if ref else identity, ref.clock if ref else None, intervals),
        )
