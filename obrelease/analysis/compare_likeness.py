"""May these runs be compared? The facts that differ, by name; volatile facts never count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from obrelease.analysis.compare_runs import Run

ABSENT: Final = "absent"
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that is not the same in all runs: its values on both sides, sorted."""

    fact: str
    base: tuple[str, ...]
    head: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.fact}: {_told(self.base)} against {_told(self.head)}"


def differences(base: Sequence[Run], head: Sequence[Run]) -> tuple[Difference, ...]:
    """Every fact with more than one value among all runs, in the order the runs tell them."""
    names = dict.fromkeys(name for run in (*base, *head) for name in run.facts)
    found = (Difference(name, _values(base, name), _values(head, name)) for name in names)
    return tuple(each for each in found if len({*each.base, *each.head}) > 1)


def _values(runs: Sequence[Run], name: str) -> tuple[str, ...]:
    return tuple(sorted({run.facts.get(name, ABSENT) for run in runs}))


def _told(values: tuple[str, ...]) -> str:
    return " and ".join(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}..." for value in values)
