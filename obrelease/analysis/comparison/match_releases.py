"""Matching of two releases scenario by scenario: which of their runs compare, and why others do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from obrelease.analysis.comparison.comparability import ABSENT, Difference, differences, facts_of
from obrelease.analysis.comparison.host_rule import same_host_reason
from obrelease.analysis.comparison.verdict import SAME_HOST_BY_NAME
from obrelease.analysis.summary.run import Run


@dataclass(frozen=True, slots=True)
class Pair:
    """Runs of one scenario that compare."""

    name: str
    base: tuple[Run, ...]
    head: tuple[Run, ...]


class Unmatched(Enum):
    """Why runs of a scenario do not compare; the values are texts for people."""

    BASE_ONLY = "only in the base"
    HEAD_ONLY = "not in the base"
    NOT_REMEASURED = "same runs as the base; not re-measured"
    DIFFERENT = "not comparable"


@dataclass(frozen=True, slots=True)
class UnmatchedScenario:
    """Runs of one scenario that do not compare; `difference` is the first fact, if they differ."""

    name: str
    reason: Unmatched
    difference: Difference | None = None

    def __str__(self) -> str:
        detail = f": {self.difference}" if self.difference else ""
        return f"{self.name}: {self.reason.value}{detail}"


@dataclass(frozen=True, slots=True)
class MatchedReleases:
    """What compares, and what does not.

    Attributes:
        missing: scenarios of the base without any comparison.
        new: scenarios that the base does not have.
        partial: scenarios of which some runs of the head do not compare, and others do.
    """

    pairs: tuple[Pair, ...]
    missing: tuple[UnmatchedScenario, ...]
    new: tuple[UnmatchedScenario, ...]
    partial: tuple[UnmatchedScenario, ...] = ()

    @property
    def not_compared(self) -> tuple[str, ...]:
        """A line for each scenario that does not compare."""
        return tuple(map(str, (*self.missing, *self.new)))


def match_releases(
    base: Sequence[Run],
    head: Sequence[Run],
    *,
    force: bool = False,
    same_host: bool = False,
    host_rules: Sequence[str] = SAME_HOST_BY_NAME,
) -> MatchedReleases:
    """Pair the runs of two releases by kind, scenario and core.

    A release may carry runs of an earlier one: a run that the base has is no measurement of the head.

    Args:
        force: pair runs that are not comparable too.
        same_host: assume that unknown host facts are equal.
        host_rules: how runs are known to be of one machine, see `host_rule`.
    """
    known = {run.identity for run in base}
    before, now = _by_name(base), _by_name(head)
    pairs: list[Pair] = []
    missing: list[UnmatchedScenario] = []
    partial: list[UnmatchedScenario] = []
    for name in sorted(before):
        fresh = [run for run in now.get(name, ()) if run.identity not in known]
        if name not in now:
            missing.append(UnmatchedScenario(name, Unmatched.BASE_ONLY))
        elif not fresh:
            missing.append(UnmatchedScenario(name, Unmatched.NOT_REMEASURED))
        elif force:
            pairs.append(Pair(name, tuple(before[name]), tuple(fresh)))
        else:
            rules = None if same_host else host_rules
            matched, rest = _comparable(name, before[name], fresh, rules)
            pairs += matched
            if rest:
                reason = _most_telling(differences(before[name], rest))
                unmatched = UnmatchedScenario(name, Unmatched.DIFFERENT, reason)
                (partial if matched else missing).append(unmatched)
    new = [UnmatchedScenario(name, Unmatched.HEAD_ONLY) for name in sorted(now.keys() - before.keys())]
    return MatchedReleases(tuple(pairs), tuple(missing), tuple(new), tuple(partial))


def _by_name(runs: Sequence[Run]) -> Mapping[str, list[Run]]:
    groups: defaultdict[str, list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.name].append(run)
    return groups


def _comparable(
    name: str, base: Sequence[Run], head: Sequence[Run], host_rules: Sequence[str] | None
) -> tuple[list[Pair], list[Run]]:
    """A pair for each set of facts that runs of both sides have, and the runs of the head without one.

    `host_rules` is None to assume one machine.
    """
    groups: dict[frozenset[tuple[str, str]], tuple[list[Run], list[Run]]] = {}
    for index, side in enumerate((head, base)):
        for run in side:
            facts = frozenset(facts_of(run.artefact).items())
            groups.setdefault(facts, ([], []))[index].append(run)
    sets = [(here, there) for here, there in groups.values() if here]
    pairs: list[Pair] = []
    rest: list[Run] = []
    for here, there in sets:
        if there and _of_one_host(there, here, host_rules):
            part = "" if len(sets) == 1 else f" ({len(here)} of {len(head)} runs)"
            pairs.append(Pair(f"{name}{part}", tuple(there), tuple(here)))
        else:
            rest += here
    return pairs, rest


def _of_one_host(base: Sequence[Run], head: Sequence[Run], host_rules: Sequence[str] | None) -> bool:
    """Whether facts differ at most in what is unknown of a machine that is known to be the same."""
    found = differences(base, head)
    if not found:
        return True
    artefacts = [run.artefact for run in (*base, *head)]
    one_host = host_rules is None or same_host_reason(artefacts, host_rules) is not None
    return one_host and all(each.unknown for each in found)


def _most_telling(found: Sequence[Difference]) -> Difference:
    """The first difference; a fact that one side lacks explains the least."""
    return min(found, key=lambda each: ABSENT in (*each.base, *each.head))
