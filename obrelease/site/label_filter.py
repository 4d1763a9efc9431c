"""The labels of runs by which the cards of histories can be filtered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from obrelease.analysis.history.metric_history import MetricHistory
from obrelease.models.finding import printable

MOST_VALUES: Final = 20
"""A label with more values, such as the number of a job, filters nothing that a person looks for."""

MOST_LABELS: Final = 200


def label_options(histories: Iterable[MetricHistory]) -> list[tuple[str, str]]:
    """Labels by name and value, in order; those with too many values are left out."""
    values: dict[str, set[str]] = {}
    for history in histories:
        for point in history.points:
            for run in point.runs:
                for name, value in run.labels.items():
                    values.setdefault(name, set()).add(value)
    pairs = [
        (name, value)
        for name, found in sorted(values.items())
        if len(found) <= MOST_VALUES
        for value in sorted(found)
    ]
    return pairs[:MOST_LABELS]


def option_text(label: tuple[str, str]) -> str:
    """A label as it is shown."""
    return printable("=".join(label))


def labels_of(history: MetricHistory, options: Sequence[tuple[str, str]]) -> str:
    """The numbers of the options that a run of the history has, with spaces."""
    found = {label for point in history.points for run in point.runs for label in run.labels.items()}
    return " ".join(str(number) for number, label in enumerate(options) if label in found)
