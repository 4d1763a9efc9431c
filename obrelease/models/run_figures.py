"""The figures of a run: what the history, lists and pages read instead of the run's files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from obrelease.models.labels_and_directions import Direction


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """What is the same at every point of a history: the measurement, the metric and the machine.

    Attributes:
        variant: a short digest of the parameters and the workload; runs of two variants do not compare.
        machine: the name of the machine, or else its facts; `unknown` where the run does not say.
        metric_id: see `models.metric_identity`.
    """

    kind: str
    scenario: str
    core: str
    variant: str
    machine: str
    metric_id: str
    name: str
    unit: str
    direction: Direction | None
    primary: bool = True
    group: str | None = None
    parameters: str = ""


class FigureValue(NamedTuple):
    """One metric of one run; a tuple, because a rebuild makes millions.

    Attributes:
        value: in the unit of the series: a median, a percentile, or what the tool summarised.
        low, high: the 95 % interval of the median of the run's own samples; None if there is none.
        samples: how many are behind the value; None if it is not known.
    """

    series: SeriesKey
    value: float
    low: float | None
    high: float | None
    samples: int | None


class RunFigures(NamedTuple):
    """All figures of one run; a tuple for the same reason.

    Attributes:
        digest: of the envelope that they were read from.
        place: `<kind>/<scenario>`.
        toolchain: compiler, interpreter and libraries; a change of it is a break, and no step.
        labels_json: the values of the labels as text, by key, as JSON.
        listed_json: what lists show, as JSON, see `analysis.summary.listed_figures`.
    """

    digest: str
    place: str
    created_ns: int
    commit: str | None
    dirty: bool | None
    toolchain: str
    labels_json: str
    listed_json: str
    figures: tuple[FigureValue, ...] = ()


class FigurePoint(NamedTuple):
    """One point of a history: a run, and the value of the metric in it.

    A tuple, because histories are long.
    """

    digest: str
    created_ns: int
    commit: str | None
    dirty: bool | None
    toolchain: str
    labels: Mapping[str, str]
    value: float
    low: float | None
    high: float | None
    samples: int | None
