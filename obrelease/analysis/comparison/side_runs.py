"""The runs of the two sides: each counted once, not too many, of machines that compare, and notes on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from obrelease.analysis.comparison.comparability import Difference, differences, free_parameters
from obrelease.analysis.comparison.host_rule import host_names, same_host_reason
from obrelease.analysis.summary.run import Run
from obrelease.errors import Inconclusive, UsageError

MAX_RUNS_OF_A_SIDE: Final = 100
"""Runs on a side; more would be a mixture of weeks, and slow."""

_MAX_LEFT_OUT: Final = 20
_MAX_PARAMETERS: Final = 10


@dataclass(frozen=True, slots=True)
class HostCheck:
    """What was found about the machines: facts compared by force, and notes on facts that are assumed."""

    unlike: tuple[Difference, ...]
    notes: tuple[str, ...]


def deduplicate(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Oldest first, each run once; a file that was imported twice is one run."""
    unique: dict[str, Run] = {}
    for run in sorted(runs, key=lambda run: (run.created_ns, run.digest)):
        unique.setdefault(run.identity, run)
    return tuple(unique.values())


def check_sides(base: Sequence[Run], head: Sequence[Run]) -> None:
    """Refuse a side that is empty or too large, and a run on both sides.

    Raises:
        UsageError: see above.
    """
    for side, runs in (("base", base), ("head", head)):
        if not 1 <= len(runs) <= MAX_RUNS_OF_A_SIDE:
            raise UsageError(
                f"{len(runs)} runs as {side}; 1 to {MAX_RUNS_OF_A_SIDE} can be compared",
                hint="narrow the filter, for example by commit",
            )
    if both := {run.identity for run in base} & {run.identity for run in head}:
        raise UsageError(f"the run {min(both)[:12]} is on both sides", hint="narrow the filters")


def check_facts(
    base: Sequence[Run], head: Sequence[Run], rules: Sequence[str], *, force: bool, same_host: bool
) -> HostCheck:
    """Compare the facts of all runs.

    Args:
        rules: how runs are known to be of one machine, see `host_rule`.
        force: return what differs in place of raising.
        same_host: take unknown facts of the host for equal, whatever the rules find.

    Raises:
        Inconclusive: the runs are unlike.
    """
    unlike = differences(base, head)
    unknown = tuple(each for each in unlike if each.unknown)
    artefacts = [run.artefact for run in (*base, *head)]
    reason = same_host_reason(artefacts, rules) if unknown else None
    notes: list[str] = []
    if unknown and (reason or same_host):
        facts = ", ".join(each.fact for each in unknown)
        notes.append(
            f"taken for one host ({reason}); unknown facts: {facts}"
            if reason
            else f"assumed to be the same host (--same-host), not verified: {facts}"
        )
        unlike = tuple(each for each in unlike if each not in unknown)
    if unlike and not force:
        raise _not_comparable(unlike)
    names = host_names(artefacts)
    if len(names) > 1:
        notes.append(f"measured on {len(names)} hosts of other names and equal facts: {', '.join(names[:5])}")
    return HostCheck(unlike, tuple(notes))


def notes_on_runs(base: Sequence[Run], head: Sequence[Run]) -> Iterator[str]:
    """What a reader must know of the runs to trust the verdicts."""
    for side, runs in (("base", base), ("head", head)):
        commits = sorted({run.commit[:9] if run.commit else "unknown" for run in runs})
        if len(commits) > 1:
            yield f"{side} mixes runs of {len(commits)} commits: {', '.join(commits[:5])}"
    if differing := _differing_parameters((*base, *head)):
        yield f"parameters that differ and do not decide: {', '.join(differing[:_MAX_PARAMETERS])}"
    left_out = sorted(set(_left_out((*base, *head))))
    yield from (f"left out: {reason}" for reason in left_out[:_MAX_LEFT_OUT])
    if len(left_out) > _MAX_LEFT_OUT:
        yield f"left out: {len(left_out) - _MAX_LEFT_OUT} more"
    order = [
        side for _, side in sorted([(r.created_ns, 0) for r in base] + [(r.created_ns, 1) for r in head])
    ]
    turns = sum(one != other for one, other in pairwise(order))
    if len(order) >= 4 and turns < 2:
        yield "all runs of one side came before the other's: drift of the machine would look like a change"


def _differing_parameters(runs: Sequence[Run]) -> list[str]:
    found: dict[str, set[str | None]] = {}
    parameters = [free_parameters(run.artefact) for run in runs]
    for name in sorted({name for each in parameters for name in each}):
        found[name] = {each.get(name) for each in parameters}
    return [name for name, values in found.items() if len(values) > 1]


def _left_out(runs: Sequence[Run]) -> Iterator[str]:
    for run in runs:
        yield from run.left_out
        yield from (f"{row.name}: {row.reason}" for row in run.artefact.left_out)


def _not_comparable(unlike: Sequence[Difference]) -> Inconclusive:
    more = f" (and {len(unlike) - 1} more facts)" if len(unlike) > 1 else ""
    hint = "choose runs that differ only in the code, or use --force"
    if all(each.unknown for each in unlike):
        hint = "if both were measured on one machine, add --same-host, or import with --host NAME"
    return Inconclusive(f"the runs are not comparable: {unlike[0]}{more}", hint=hint)
