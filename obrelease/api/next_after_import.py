"""What a run that was just recorded can be compared with, and what is missing for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from obrelease.analysis.comparison.verdict import Rules, too_few_runs
from obrelease.api.registry import RegistryLike, store_of
from obrelease.registry.entry import Entry
from obrelease.registry.filter import Filter

_SEARCHED: Final = 200
"""How many of the newest runs of the workload are searched for another commit."""


@dataclass(frozen=True, slots=True)
class NextComparison:
    """The commit of a run and the commit before it as the sides of a comparison.

    Attributes:
        head: the run.
        base_commit: the newest other commit of earlier runs of the workload; None if there is none.
        counts: runs of the two commits.
        missing: why so few runs cannot be compared; None if they can.
    """

    head: Entry
    base_commit: str | None
    counts: tuple[int, int]
    missing: str | None


def next_comparison(registry: RegistryLike, head: Entry) -> NextComparison:
    """Look for the runs of this and of another commit; raises `StorageError` if the registry cannot be read.

    A run without a commit is a side of its own.
    """
    alike = store_of(registry).find(Filter(kind=head.kind, scenario=head.scenario), limit=_SEARCHED)
    others = [entry.commit for entry in alike if entry.commit not in {None, head.commit}]
    base = others[0] if others else None
    ours = 1 if head.commit is None else sum(entry.commit == head.commit for entry in alike)
    counts = (others.count(base) if base else 0, ours)
    return NextComparison(head, base, counts, too_few_runs(counts, Rules()))
