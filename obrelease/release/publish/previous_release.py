"""The release before this one: its runs beside those of now, each with its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from obrelease.analysis.comparison.run_metrics import Run, read_run
from obrelease.analysis.notes.release_delta import against_last, not_compared
from obrelease.analysis.notes.release_verdicts import judge_by
from obrelease.analysis.summary.run_summary import RunSummary
from obrelease.analysis.summary.summarise import summarise_run
from obrelease.errors import ObreleaseError
from obrelease.models.artefact import Artefact
from obrelease.models.plan import Plan
from obrelease.models.version_tag import Tag
from obrelease.release.collected_run import CollectedRun
from obrelease.release.publish.step import PublishContext
from obrelease.release.verify.release_runs import ReleaseSource, previous_release_tag, runs_of_release


def against_former(plan: Plan, context: PublishContext, runs: Sequence[CollectedRun]) -> str:
    """The notes' section on the release before; empty where there is none.

    A comparison is a service, never a condition: where the former release cannot be read, the
    section says why, and the release goes on.
    """
    tag = previous_release_tag(Tag.parse(plan.tag), context.repo)
    if tag is None:
        return ""
    source = ReleaseSource(
        plan.project, context.repo, context.registry.root, context.forge, context.reporter.progress
    )
    try:
        with runs_of_release(tag, source) as registry:
            former = [_both(registry.load(run), run.digest, run.folder) for run in registry.find()]
        now = [_both(run.artefact, run.facts.digest, run.folder) for run in runs]
        known = {run.digest: run for _, run in (*former, *now)}
        summaries = [summary for summary, _ in former], [summary for summary, _ in now]
        return against_last(tag.text, *summaries, judge=judge_by(known))
    except ObreleaseError as error:
        return not_compared(tag.text, error.message)


def _both(artefact: Artefact, digest: str, folder: Path) -> tuple[RunSummary, Run]:
    """The figures of a run as people read them, and the run as a comparison sees it."""
    summary = summarise_run(artefact, digest=digest, folder=folder)
    return summary, read_run(artefact, digest=digest, folder=folder)
