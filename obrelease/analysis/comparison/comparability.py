"""May these runs be compared? The facts that differ, by name; volatile facts never count.

A fact of the machine that nobody told is like no other: two unknown machines may be two machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from obrelease.analysis.comparison.run_metrics import HOST, Run
from obrelease.models.artefact import UNKNOWN

ABSENT: Final = "absent"
_LONGEST: Final = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that is not the same in all runs, or not known to be: its values on both sides, sorted."""

    fact: str
    base: tuple[str, ...]
    head: tuple[str, ...]

    @property
    def unknown(self) -> bool:
        """Whether nothing but an untold fact of the machine stands in the way."""
        return self.fact.startswith(HOST) and len({*self.base, *self.head} - {UNKNOWN}) <= 1

    def __str__(self) -> str:
        return f"{self.fact}: {_told(self.base)} against {_told(self.head)}"


def differences(base: Sequence[Run], head: Sequence[Run]) -> tuple[Difference, ...]:
    """Every fact with more than one value among all runs or untold of a machine, in the runs' order."""
    names = dict.fromkeys(name for run in (*base, *head) for name in run.facts)
    found = (Difference(name, _values(base, name), _values(head, name)) for name in names)
    return tuple(each for each in found if _differs(each))


def _differs(each: Difference) -> bool:
    values = {*each.base, *each.head}
    return len(values) > 1 or (each.fact.startswith(HOST) and values == {UNKNOWN})


def _values(runs: Sequence[Run], name: str) -> tuple[str, ...]:
    return tuple(sorted({run.facts.get(name, ABSENT) for run in runs}))


def _told(values: tuple[str, ...]) -> str:
    return " and ".join(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}..." for value in values)
