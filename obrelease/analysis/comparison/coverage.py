"""What a comparison covers: metrics of one side only, of some runs only, and those that do not compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from obrelease.analysis.comparison.aligned_metrics import AlignedRun, MetricIdentity
from obrelease.analysis.comparison.common_unit import factors_to_common_unit


@dataclass(frozen=True, slots=True)
class PartialMetric:
    """A metric that some runs do not have: how many of each side have it."""

    name: str
    base_runs: int
    base_total: int
    head_runs: int
    head_total: int

    def __str__(self) -> str:
        return (
            f"{self.name}: in {self.base_runs} of {self.base_total} baseline runs and "
            f"{self.head_runs} of {self.head_total} candidate runs"
        )


@dataclass(frozen=True, slots=True)
class Coverage:
    """Every metric that is not compared over all runs.

    Attributes:
        only_in_base, only_in_head: names of metrics that no run of the other side has.
        partial: metrics of both sides that some runs lack; they are compared over the others.
        unlike: metrics whose unit, direction or clock differs among the runs, with the reason; they are
            not compared.
        secondary: those of all these names that are not what the tool measures first.
    """

    only_in_base: tuple[str, ...] = ()
    only_in_head: tuple[str, ...] = ()
    partial: tuple[PartialMetric, ...] = ()
    unlike: tuple[tuple[str, str], ...] = ()
    secondary: frozenset[str] = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """All names that it lists."""
        partial = (each.name for each in self.partial)
        return (*self.only_in_base, *self.only_in_head, *partial, *(name for name, _ in self.unlike))

    @property
    def complete(self) -> bool:
        """Whether every metric is compared over all runs."""
        return not (self.only_in_base or self.only_in_head or self.partial or self.unlike)

    def to_json(self) -> dict[str, Any]:
        """The object `coverage` of `obrelease diff --json`."""
        return {
            "only_in_base": list(self.only_in_base),
            "only_in_head": list(self.only_in_head),
            "partial": [
                {
                    "name": each.name,
                    "base_runs": each.base_runs,
                    "base_total": each.base_total,
                    "head_runs": each.head_runs,
                    "head_total": each.head_total,
                }
                for each in self.partial
            ],
            "unlike": [{"name": name, "reason": reason} for name, reason in self.unlike],
        }


def coverage_of(
    base: Sequence[AlignedRun], head: Sequence[AlignedRun], identities: Mapping[str, MetricIdentity]
) -> Coverage:
    """Compare what the runs of both sides have, in the order of `identities`, then histograms."""
    only: tuple[list[str], list[str]] = ([], [])
    partial: list[PartialMetric] = []
    unlike: list[tuple[str, str]] = []
    for name, found, reason in _everything(base, head, identities):
        counts = [sum(found(run) for run in side) for side in (base, head)]
        if counts[1] == 0:
            only[0].append(name)
        elif counts[0] == 0:
            only[1].append(name)
        elif reason:
            unlike.append((name, reason))
        elif counts != [len(base), len(head)]:
            partial.append(PartialMetric(name, counts[0], len(base), counts[1], len(head)))
    secondary = frozenset(each.name for each in identities.values() if not each.primary)
    return Coverage(tuple(only[0]), tuple(only[1]), tuple(partial), tuple(unlike), secondary)


def unlike_metric(runs: Sequence[AlignedRun], identity: str) -> str | None:
    """Why the values of a metric do not compare, or None."""
    found = {
        (metric.unit, metric.direction) for run in runs if (metric := run.metrics.get(identity)) is not None
    }
    if len(found) == 1:
        return None
    units = {unit for unit, _ in found}
    if factors_to_common_unit(units) is None:
        return f"its unit differs between the runs: {' and '.join(sorted(units))}"
    directions = sorted({str(direction) for _, direction in found})
    if len(directions) > 1:
        return f"its direction differs between the runs: {' and '.join(directions)}"
    return None


def unlike_histogram(runs: Sequence[AlignedRun], identity: str) -> str | None:
    """Why the values of a histogram do not compare, or None."""
    clocks = sorted({str(run.histograms[identity].clock) for run in runs if identity in run.histograms})
    return f"its clock differs between the runs: {' and '.join(clocks)}" if len(clocks) > 1 else None


def _everything(
    base: Sequence[AlignedRun], head: Sequence[AlignedRun], identities: Mapping[str, MetricIdentity]
) -> Iterator[tuple[str, Callable[[AlignedRun], bool], str | None]]:
    runs = (*base, *head)
    for each in identities.values():
        yield each.name, _has_metric(each.id), unlike_metric(runs, each.id)
    for identity, name in histogram_names(runs).items():
        yield name, _has_histogram(identity), unlike_histogram(runs, identity)


def histogram_names(runs: Sequence[AlignedRun]) -> dict[str, str]:
    """The names of all histograms by id."""
    return {identity: series.name for run in reversed(runs) for identity, series in run.histograms.items()}


def _has_metric(identity: str) -> Callable[[AlignedRun], bool]:
    return lambda run: identity in run.metrics


def _has_histogram(identity: str) -> Callable[[AlignedRun], bool]:
    return lambda run: identity in run.histograms
