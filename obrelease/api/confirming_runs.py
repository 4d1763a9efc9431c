"""Runs of a second measurement, which `measure --confirm` takes before it reports a regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from obrelease.analysis.summary.run import Run

ROUND_LABEL: Final = "round"
CONFIRMATION: Final = "confirmation"
"""The label of the runs of the second measurement: `round=confirmation`."""


def deciding_runs(base: Sequence[Run], head: Sequence[Run]) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """The runs that the verdict of `measure --confirm` rests on.

    Of a workload that was measured again on both sides, those are the runs of the second measurement alone.
    """
    again = _measured_again(base) & _measured_again(head)
    return _deciding(base, again), _deciding(head, again)


def _measured_again(runs: Sequence[Run]) -> frozenset[str]:
    return frozenset(run.name for run in runs if _is_confirming(run))


def _deciding(runs: Sequence[Run], again: frozenset[str]) -> tuple[Run, ...]:
    return tuple(run for run in runs if run.name not in again or _is_confirming(run))


def _is_confirming(run: Run) -> bool:
    return run.artefact.label_values.get(ROUND_LABEL) == CONFIRMATION
