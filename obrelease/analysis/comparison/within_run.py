"""Comparison of metrics of one run: two commands of one file, or the values of a parameter.

Samples are compared in place of runs. They are not independent, so the result is about this run alone. Long
series are cut into batches of neighbouring samples, which depend on each other less than samples do
(C. Alexopoulos and A. Seila, "Output data analysis", in "Handbook of simulation", 1998).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obrelease.analysis.comparison.aligned_metrics import MetricIdentity, align, metric_identities
from obrelease.analysis.comparison.common_unit import factors_to_common_unit
from obrelease.analysis.comparison.compare import Comparison, PreparedSides, compare_prepared
from obrelease.analysis.comparison.compared_rows import ComparedRow
from obrelease.analysis.comparison.coverage import Coverage
from obrelease.analysis.comparison.metric_names import some_names
from obrelease.analysis.comparison.side_runs import HostCheck
from obrelease.analysis.comparison.verdict import Rules
from obrelease.analysis.statistics.sample_figures import LOCATION, sample_figures, summary_figures
from obrelease.analysis.summary.run import Metric, Run
from obrelease.errors import NotFound, UsageError
from obrelease.models.artefact import Scalar
from obrelease.models.close_names import did_you_mean

Floats = NDArray[np.float64]

BATCHES: Final = 30
"""Batches of a series with more than twice as many samples."""

NOTE: Final = (
    "samples of one run are compared: they are not independent, and another run may differ from this one"
)


@dataclass(frozen=True, slots=True)
class _Subject:
    """A metric of the run under the name that the comparison shows."""

    identity: MetricIdentity
    metric: Metric


def compare_within(run: Run, names: Sequence[str], rules: Rules | None = None) -> Comparison:
    """Compare metrics of one run with each other.

    Args:
        names: two metrics, base and head, each by its name, its id, or a parameter as `threads=4`; or one
            parameter, whose first value in the file is the base of all others.

    Raises:
        UsageError: neither two metrics nor one parameter, a name of several metrics, or metrics of
            different units.
        NotFound: the run has no such metric or parameter.
    """
    chosen = rules or Rules()
    subjects = _subjects(run)
    if len(names) == 1:
        pairs = _pairs_by_parameter(subjects, names[0])
    elif len(names) == 2:
        pairs = [(_named(subjects, names[0]), _named(subjects, names[1]))]
    else:
        raise UsageError("--within takes two metrics, or one parameter", hint="pass it twice, or once")
    prepared = [_prepared(run, base, head) for base, head in pairs]
    compared = compare_prepared(prepared, chosen)
    return replace(compared[0], metrics=tuple(row for each in compared for row in each.metrics))


def _subjects(run: Run) -> list[_Subject]:
    aligned = align([run], {})
    identities = metric_identities(aligned)
    return [_Subject(identities[key], metric) for key, metric in aligned[0].metrics.items()]


def _named(subjects: Sequence[_Subject], name: str) -> _Subject:
    for found in (
        [each for each in subjects if name in (each.identity.name, each.identity.id)],
        [each for each in subjects if each.metric.name == name],
        [each for each in subjects if each.metric.primary and name in _settings(each.metric)],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            several = some_names([each.identity.name for each in found])
            raise UsageError(f"{name!r} is the name of several metrics: {several}", hint="name one in full")
    names = [each.identity.name for each in subjects]
    raise NotFound(
        f"the run has no metric {name!r}; it has: {some_names(names)}", hint=did_you_mean(name, names)
    )


def _settings(metric: Metric) -> list[str]:
    return [f"{key}={value}" for key, value in metric.parameters.items()]


def _pairs_by_parameter(subjects: Sequence[_Subject], parameter: str) -> list[tuple[_Subject, _Subject]]:
    """The first value against each other one, among primary metrics with equal other parameters."""
    groups: dict[tuple[str | None, str, tuple[tuple[str, Scalar], ...]], list[_Subject]] = {}
    for each in subjects:
        metric = each.metric
        if metric.primary and parameter in metric.parameters:
            others = tuple(sorted((k, v) for k, v in metric.parameters.items() if k != parameter))
            groups.setdefault((metric.group, metric.unit, others), []).append(each)
    pairs = [(members[0], other) for members in groups.values() for other in members[1:]]
    if not pairs:
        known = some_names({key for each in subjects for key in each.metric.parameters})
        raise NotFound(
            f"no two metrics of the run differ in a parameter {parameter!r}"
            + (f"; the parameters are: {known}" if known else ""),
            hint="pass --within twice to name two metrics",
        )
    return pairs


def _prepared(run: Run, base: _Subject, head: _Subject) -> PreparedSides:
    common = factors_to_common_unit((base.metric.unit, head.metric.unit))
    if common is None:
        units = f"{base.metric.unit} and {head.metric.unit}"
        raise UsageError(f"{base.identity.name} and {head.identity.name} have the units {units}")
    unit, factors = common
    sides = [_figures(each.metric, factors[each.metric.unit]) for each in (base, head)]
    title = f"{head.identity.name} against {base.identity.name}"
    rows = tuple(
        ComparedRow(
            id=head.identity.id,
            metric=title,
            name=title if figure == LOCATION else f"{title} {figure}",
            figure=figure,
            unit=unit if figure in _SCALED else "1",
            direction=base.metric.direction,
            primary=True,
            headline=figure == LOCATION,
            group=None,
            base=sides[0][figure],
            head=sides[1][figure],
        )
        for figure in sides[0]
        if figure in sides[1]
    )
    (aligned,) = align([run], {})
    values = rows[0].base.size + rows[0].head.size
    hosts = HostCheck((), (NOTE,))
    return PreparedSides(
        (aligned,), (aligned,), rows, (), Coverage(), hosts, tuple(range(values)), observations="samples"
    )


_SCALED: Final = (LOCATION, "p90", "p99")


def _figures(metric: Metric, scale: float) -> dict[str, Floats]:
    """Each figure of each sample or batch, float64 [samples or batches]."""
    if metric.summary is not None:
        value = summary_figures(metric.summary.value, None, {})[LOCATION]
        return {LOCATION: np.array([value * scale])}
    samples = np.array(metric.samples, dtype=np.float64) * scale
    if samples.size <= 2 * BATCHES:
        return {LOCATION: samples}
    found = [sample_figures(part.tolist()) for part in np.array_split(samples, BATCHES)]
    return {
        figure: np.array([each[figure] for each in found])
        for figure in found[0]
        if all(figure in each for each in found)
    }
