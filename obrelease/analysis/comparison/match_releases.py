"""Two releases scenario by scenario: which of their runs compare, and why the others do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from obrelease.analysis.comparison.comparability import ABSENT, differences
from obrelease.analysis.comparison.metric_samples import TESTED, percentile_name
from obrelease.analysis.comparison.run_metrics import Run


@dataclass(frozen=True, slots=True)
class Pair:
    """Runs of one scenario on both sides, alike as far as they were looked at."""

    name: str
    base: tuple[Run, ...]
    head: tuple[Run, ...]

    def metrics(self) -> tuple[str, ...]:
        """The names of all metrics that any run has."""
        runs = (*self.base, *self.head)
        series = (name for run in runs for name in run.series)
        latencies = (f"{h} {percentile_name(q)}" for run in runs for h in run.histograms for q in TESTED)
        return tuple(dict.fromkeys((*series, *latencies)))


@dataclass(frozen=True, slots=True)
class Matched:
    """What compares, and lines of what does not.

    Attributes:
        left: scenarios of the base that nothing compares with, each with the reason.
        new: scenarios that the base does not have.
    """

    pairs: tuple[Pair, ...]
    left: tuple[str, ...]
    new: tuple[str, ...]


def match(
    base: Sequence[Run], head: Sequence[Run], *, force: bool = False, same_host: bool = False
) -> Matched:
    """Put the runs of two releases side by side by kind, scenario and core.

    A release may carry runs of an earlier one: what the base has already is no measurement of the head.

    Args:
        force: put unlike runs side by side too.
        same_host: runs that do not tell their machine are of one.
    """
    known = {_identity(run) for run in base}
    before, now = _by_name(base), _by_name(head)
    pairs: list[Pair] = []
    left: list[str] = []
    for name in sorted(before):
        fresh = [run for run in now.get(name, ()) if _identity(run) not in known]
        if fresh and force:
            pairs.append(Pair(name, tuple(before[name]), tuple(fresh)))
        elif fresh:
            alike = list(_alike(name, before[name], fresh, same_host=same_host))
            pairs += alike
            left += [] if alike else [f"{name}: not alike: {_reason(before[name], fresh)}"]
        elif name in now:
            left.append(f"{name}: the very runs of the base, nothing was measured since")
        else:
            left.append(f"{name}: is in the base alone")
    new = [f"{name}: is not in the base" for name in sorted(now.keys() - before.keys())]
    return Matched(tuple(pairs), tuple(left), tuple(new))


def _identity(run: Run) -> str:
    return run.original or run.digest


def _by_name(runs: Sequence[Run]) -> Mapping[str, list[Run]]:
    groups: defaultdict[str, list[Run]] = defaultdict(list)
    for run in runs:
        words = (run.facts.get(fact, "") for fact in ("kind", "scenario", "parameters.core"))
        groups[" ".join(word for word in words if word)].append(run)
    return groups


def _alike(name: str, base: Sequence[Run], head: Sequence[Run], *, same_host: bool) -> Iterator[Pair]:
    """One pair for each set of facts that runs of both sides have."""
    sets = dict.fromkeys(frozenset(run.facts.items()) for run in head)
    for facts in sets:
        here, there = (
            [run for run in side if frozenset(run.facts.items()) == facts] for side in (head, base)
        )
        if there and all(each.unknown and same_host for each in differences(there, here)):
            yield Pair(
                name if len(sets) == 1 else f"{name} ({len(here)} of {len(head)} runs)", (*there,), (*here,)
            )


def _reason(base: Sequence[Run], head: Sequence[Run]) -> str:
    """The first fact that differs; one that is told on a side and absent on the other says the least."""
    found = sorted(differences(base, head), key=lambda each: ABSENT in (*each.base, *each.head))
    return str(found[0])
