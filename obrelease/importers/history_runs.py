"""The runs of a history that have results; the others are named in a note, so that they stop no import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from obrelease.importers.tool_run import ToolRun


def runs_with_results(runs: Iterable[ToolRun]) -> Iterator[ToolRun]:
    """The runs that have a metric or a histogram, in the same order.

    A run whose benchmarks all failed is left out; the next run that is given, or the last one, has a note
    about it. If no run has a result, the last of them is given as it is.
    """
    notes: list[str] = []
    waiting: ToolRun | None = None
    last_empty: ToolRun | None = None
    for run in runs:
        if not run.metrics and not run.histograms:
            notes += [*run.notes, f"not imported: {_name(run)}: has no result"]
            last_empty = run
            continue
        if waiting is not None:
            yield waiting
        waiting, notes = replace(run, notes=(*run.notes, *notes)), []
    if waiting is not None:
        yield replace(waiting, notes=(*waiting.notes, *notes))
    elif last_empty is not None:
        yield last_empty


def _name(run: ToolRun) -> str:
    return f"{run.title} of commit {run.commit[:12]}" if run.commit else run.title
