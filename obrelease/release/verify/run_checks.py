"""The runs as evidence: what must be true of each, what two must not say, and what a reader is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from obrelease.errors import CheckFailed, Conflict, IntegrityError, InvalidInput
from obrelease.importers.reimport_check import check_numbers
from obrelease.models.artefact import Artefact
from obrelease.models.plan import Plan
from obrelease.registry.check_folder import INTEGRITY_RULES, FolderCheck, check_folder
from obrelease.release.collected_run import CollectedRun

_SHOWN = 5


def examined(folder: Path, *, shown: str | None = None, hint: str) -> tuple[FolderCheck, Artefact]:
    """A run's folder whose bytes are those of its envelope, and whose numbers agree.

    Args:
        shown: how errors name the folder; by its path where None.

    Raises:
        IntegrityError: bytes are not those that the envelope names.
        InvalidInput: the envelope is malformed, or numbers of the run contradict each other.
    """
    found = check_folder(folder)
    problems = found.problems
    if not problems and found.artefact is not None:
        problems = check_numbers(found.artefact, folder)
    if problems or found.artefact is None:
        first = problems[0]
        kind = IntegrityError if first.rule in INTEGRITY_RULES else InvalidInput
        raise kind(str(first) if shown is None else str(first).replace(str(folder), shown), hint=hint)
    return found, found.artefact


def require_proof(runs: Sequence[CollectedRun]) -> None:
    """Refuse runs that failed to prove what they checked, and runs that contradict each other.

    Raises:
        CheckFailed: a check of a run did not pass.
        Conflict: the same commands gave two different streams of events.
    """
    for run in runs:
        outcome = run.artefact.outcome
        failed = [check.name for check in outcome.checks if not check.passed] if outcome else []
        if failed:
            raise CheckFailed(
                f"run {run.facts.digest[:12]} ({run.facts.path}) failed to prove: {', '.join(failed)}",
                hint="mend what it found and measure again, or name the runs to release with --run",
            )
    first: dict[tuple[object, ...], CollectedRun] = {}
    for run in runs:
        key = _same_work(run.artefact)
        other = run if key is None else first.setdefault(key, run)
        if other.facts.events_digest != run.facts.events_digest:
            raise Conflict(
                f"runs {other.facts.digest[:12]} and {run.facts.digest[:12]} did the same work and gave "
                f"different events: {other.facts.events_digest} and {run.facts.events_digest}",
                hint="one of them was made by an engine with a fault or with other rules; "
                "measure it again, or name the runs to release with --run",
            )


def _same_work(artefact: Artefact) -> tuple[object, ...] | None:
    work = artefact.workload
    if work is None or artefact.outcome is None:
        return None
    return work.name, work.version, work.seed, work.messages, work.commands_digest


def doubts(plan: Plan, runs: Sequence[CollectedRun]) -> tuple[str, ...]:
    """What is no reason to refuse runs, and every reason to tell: code that is not the release's."""
    return tuple(_doubts(plan, runs))


def _doubts(plan: Plan, runs: Sequence[CollectedRun]) -> Iterator[str]:
    unknown = [run for run in runs if run.artefact.producer.commit is None]
    dirty = [run for run in runs if run.artefact.producer.commit and run.artefact.producer.dirty]
    other = [run for run in runs if run.artefact.producer.commit not in {None, plan.commit}]
    for some, what in (
        (unknown, "do not name the commit that they measured"),
        (dirty, "were measured on a tree with uncommitted changes"),
        (other, f"were measured at another commit than {plan.commit[:12]}"),
    ):
        if some:
            names = ", ".join(run.facts.digest[:12] for run in some[:_SHOWN])
            more = f" and {len(some) - _SHOWN} more" if len(some) > _SHOWN else ""
            yield f"{len(some)} of {len(runs)} runs {what}: {names}{more}"
