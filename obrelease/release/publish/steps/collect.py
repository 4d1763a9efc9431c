"""Step `collect`: read all runs of the plan again, and check every byte."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from obrelease.analysis.consistency.redrawn_plots import MAX_DRAWN_RUNS, false_plots
from obrelease.errors import IntegrityError, NotFound
from obrelease.models.plan import Plan
from obrelease.release.collected_run import CollectedRun, collect_run
from obrelease.release.commits_of_runs import commits_of_same_source
from obrelease.release.publish.staged_release import StagedRelease
from obrelease.release.publish.step import PublishContext
from obrelease.release.run_conflicts import require_consistent_runs, run_warnings
from obrelease.release.source_provenance import check_source_provenance

_ALL_PROBLEMS: Final = "run `obrelease validate` for all problems"


class Collect:
    """Hashes and validates the runs again, and lists their files for the bundle."""

    name = "collect"

    def skip(self, plan: Plan) -> str | None:
        """Never."""

    def run(self, plan: Plan, context: PublishContext, staged: StagedRelease) -> StagedRelease:
        """Read all runs of the plan.

        Raises:
            NotFound: the registry lacks a run.
            IntegrityError: a file is not the one that the envelope names, a picture is not the plot of its
                run's numbers, or a run was not measured with the sources of the commit that it names.
            InvalidInput: an envelope is malformed, or its numbers contradict each other.
            CheckFailed: a run failed one of its own checks.
            Conflict: two runs of the same workload have different events.
            RemoteError: git failed.
        """
        known = {entry.digest: entry for entry in context.registry.find()}
        missing = [digest for digest in plan.runs if digest not in known]
        if missing:
            raise NotFound(f"run {missing[0]} is not in the results folder", hint="see `obrelease list`")
        entries = [known[digest] for digest in plan.runs]
        runs: list[CollectedRun] = []
        with context.reporter.progress("reading runs", sum(entry.size_bytes for entry in entries)) as advance:
            for entry in entries:
                run = collect_run(entry.folder, entry.location, hint=_ALL_PROBLEMS)
                if run.facts.digest != entry.digest:
                    raise IntegrityError(f"{entry.folder}: its envelope changed while it was read")
                if len(runs) < MAX_DRAWN_RUNS:
                    _require_true_plots(run)
                runs.append(run)
                advance(entry.size_bytes)
        require_consistent_runs(runs)
        for finding in check_source_provenance(runs, context.repo):
            context.reporter.detail(finding)
        warnings = run_warnings(plan.commit, runs, commits_of_same_source(context.repo, plan.commit))
        for warning in warnings:
            context.reporter.warn(warning)
        return replace(staged, runs=tuple(runs), doubts=warnings)


def _require_true_plots(run: CollectedRun) -> None:
    for finding in false_plots(run.artefact, run.folder):
        raise IntegrityError(str(finding), hint=_ALL_PROBLEMS)
