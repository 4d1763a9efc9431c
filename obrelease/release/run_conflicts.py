"""Checks of all runs of a release together: failed checks, contradictions, and warnings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from obrelease.errors import CheckFailed, Conflict
from obrelease.models.artefact import Artefact
from obrelease.release.collected_run import CollectedRun, count_of_runs

REPEATED: Final = "record the same measurements as another run"


def require_consistent_runs(runs: Sequence[CollectedRun]) -> None:
    """Refuse runs that failed their own checks, and runs that contradict each other.

    Raises:
        CheckFailed: a check of a run did not pass.
        Conflict: the same commands gave two different streams of events.
    """
    first: dict[tuple[object, ...], CollectedRun] = {}
    for run in runs:
        outcome = run.artefact.outcome
        failed = [check.name for check in outcome.checks if not check.passed] if outcome else []
        if failed:
            raise CheckFailed(
                f"run {run.facts.digest[:12]} ({run.facts.path}) failed its checks: {', '.join(failed)}",
                hint="fix the cause and measure again, or choose the runs to release with --run",
            )
    for run in runs:
        workload = _workload_of(run.artefact)
        other = run if workload is None else first.setdefault(workload, run)
        if other.facts.events_digest != run.facts.events_digest:
            raise Conflict(
                f"runs {other.facts.digest[:12]} and {run.facts.digest[:12]} have the same workload and "
                f"different events: {other.facts.events_digest} and {run.facts.events_digest}",
                hint="one of them was made by a faulty engine or by one with other rules; "
                "measure it again, or choose the runs to release with --run",
            )


def repeated_measurements(runs: Sequence[CollectedRun]) -> tuple[CollectedRun, ...]:
    """Runs that record the same work with the same samples and histograms as an earlier one.

    No machine measures the same times twice, so these are one measurement that would count as several.
    """
    seen: set[tuple[object, ...]] = set()
    repeated = []
    for run in runs:
        artefact = run.artefact
        if not artefact.metrics:
            continue
        files = {file.path: file.sha256 for file in artefact.files}
        key = (
            *(artefact.kind, artefact.scenario, str(artefact.workload)),
            tuple((each.id, each.samples, str(each.summary)) for each in artefact.metrics),
            tuple(files.get(histogram.path) for histogram in artefact.histograms),
            tuple(sorted((name, str(value)) for name, value in artefact.parameters.items())),
        )
        if key in seen:
            repeated.append(run)
        seen.add(key)
    return tuple(repeated)


def run_warnings(commit: str, runs: Sequence[CollectedRun], same: Collection[str] = ()) -> tuple[str, ...]:
    """Warnings for readers of a release: repeated runs, and runs of other code; as `commit_warnings`."""
    repeated = repeated_measurements(runs)
    first = (count_of_runs(repeated, len(runs), REPEATED),) if repeated else ()
    known = {run.artefact.producer.commit for run in runs} - {None, commit, *same}
    commits = len(known) + any(run.artefact.producer.commit in {commit, *same} for run in runs)
    mixed = (f"the runs are of {commits} commits; --run selects those to release",) if commits > 1 else ()
    return (*first, *mixed, *commit_warnings(commit, runs, same))


def commit_warnings(commit: str, runs: Sequence[CollectedRun], same: Collection[str] = ()) -> tuple[str, ...]:
    """Warnings about runs whose code is not the released commit.

    Args:
        same: other commits of the same sources, see `commits_of_same_source`.
    """
    return tuple(_commit_warnings(commit, runs, {None, commit, *same}))


def _commit_warnings(
    commit: str, runs: Sequence[CollectedRun], same: Collection[str | None]
) -> Iterator[str]:
    unknown = [run for run in runs if run.artefact.producer.commit is None]
    dirty = [run for run in runs if run.artefact.producer.commit and run.artefact.producer.dirty]
    other = [run for run in runs if run.artefact.producer.commit not in same]
    for affected, problem in (
        (unknown, "do not name the commit that they measured"),
        (dirty, "were measured on a tree with uncommitted changes"),
        (other, f"were measured at another commit than {commit[:12]}"),
    ):
        if affected:
            yield count_of_runs(affected, len(runs), problem)


def _workload_of(artefact: Artefact) -> tuple[object, ...] | None:
    """What makes two runs comparable by their events; None if the run has no events."""
    work = artefact.workload
    if work is None or artefact.outcome is None:
        return None
    return work.name, work.version, work.seed, work.messages, work.commands_digest
