"""Comparability of runs: the facts that must be equal, and those that differ. Volatile facts never count.

An unknown fact of the host equals nothing: two unknown machines may be two machines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from obrelease.analysis.summary.run import Run
from obrelease.models.artefact import UNKNOWN, Artefact, StableHost

ABSENT: Final = "absent"
_HOST: Final = "host."
_LONGEST: Final = 60
_FREE_PARAMETERS: Final = frozenset({"passes", "digest-threads"})
"""Parameters that decide how long to measure or how to digest, not what is measured."""

DECIDING_OF_OTHER_TOOLS: Final = frozenset({"library_build_type"})
"""Parameters of imported runs that must be equal: Google Benchmark's own library was optimised or not."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that is unequal or unknown among the runs: its values on both sides, sorted."""

    fact: str
    base: tuple[str, ...]
    head: tuple[str, ...]

    @property
    def unknown(self) -> bool:
        """Whether the fact is of the host and unknown, and its known values are equal."""
        return self.fact.startswith(_HOST) and len({*self.base, *self.head} - {UNKNOWN}) <= 1

    def __str__(self) -> str:
        return f"{self.fact}: {_joined(self.base)} against {_joined(self.head)}"


def facts_of(artefact: Artefact) -> dict[str, str]:
    """What must be equal in runs that compare, by dotted name."""
    return dict(_facts(artefact))


def differences(base: Sequence[Run], head: Sequence[Run]) -> tuple[Difference, ...]:
    """Every fact with more than one value among all runs, or unknown of a host, in the runs' order."""
    sides = [[facts_of(run.artefact) for run in side] for side in (base, head)]
    names = dict.fromkeys(name for side in sides for facts in side for name in facts)
    found = (Difference(name, _values(sides[0], name), _values(sides[1], name)) for name in names)
    return tuple(each for each in found if _differs(each))


def _facts(artefact: Artefact) -> Iterator[tuple[str, str]]:
    """Kind, scenario, stable host facts, workload, parameters, events and clocks, as text."""
    yield "kind", artefact.kind
    yield "scenario", artefact.scenario
    yield from _host_facts(artefact.host.stable)
    if (workload := artefact.workload) is not None:
        for name in ("name", "version", "messages", "seed", "commands_digest"):
            yield f"workload.{name}", _text(getattr(workload, name))
    for name, value in artefact.parameters.items():
        if _decides(artefact, name):
            yield f"parameters.{name}", _text(value)
    if artefact.outcome is not None:
        yield "outcome.events_digest", artefact.outcome.events_digest


def free_parameters(artefact: Artefact) -> dict[str, str]:
    """Parameters that may differ in runs that compare, such as the commit in the context of a file."""
    return {
        name: _text(value)
        for name, value in artefact.parameters.items()
        if not _decides(artefact, name) and name not in _FREE_PARAMETERS
    }


def _decides(artefact: Artefact, parameter: str) -> bool:
    """Whether runs with two values of a parameter are unlike."""
    if artefact.kind == "imported":
        return parameter in DECIDING_OF_OTHER_TOOLS
    return parameter not in _FREE_PARAMETERS


def _host_facts(host: StableHost) -> Iterator[tuple[str, str]]:
    for name, value in host.model_dump(exclude={"libraries"}).items():
        yield f"{_HOST}{name}", UNKNOWN if name == "cpu_count" and value == 0 else _text(value)
    for name, version in host.libraries.items():
        yield f"{_HOST}libraries.{name}", version


def _text(value: object) -> str:
    return "none" if value is None else str(value)


def _differs(each: Difference) -> bool:
    values = {*each.base, *each.head}
    return len(values) > 1 or (each.fact.startswith(_HOST) and values == {UNKNOWN})


def _values(side: Sequence[Mapping[str, str]], name: str) -> tuple[str, ...]:
    return tuple(sorted({facts.get(name, ABSENT) for facts in side}))


def _joined(values: tuple[str, ...]) -> str:
    return " and ".join(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}..." for value in values)
