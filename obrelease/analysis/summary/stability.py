"""Stability checks of a run: whether its passes agreed in time, derived again from the samples.

A check named `stability` or `stability-SERIES` states its thresholds and what it found. It fails no run:
it shows how much of the numbers is noise of the machine. The check and the text of its reason are made in
`obengine.harness.stability`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from obrelease.analysis.kinds.measurements import WALL_TIMES

if TYPE_CHECKING:
    from obrelease.models.artefact import Artefact, Check

STABILITY: Final = "stability"
INCONCLUSIVE: Final = "inconclusive"
"""The count of a check that had nothing to decide it by (`obengine.harness.outcome`); it has not passed."""

MIN_PASSES: Final = 5
MAX_MIDDLE_PERMILLE: Final = 100
MAX_SLOWEST_PERMILLE: Final = 1_500
_UNSTABLE: Final = "unstable: "


@dataclass(frozen=True, slots=True)
class Spread:
    """The spread of the passes of one series, in thousandths of their median.

    Attributes:
        middle_permille: the span of the middle half.
        slowest_permille: the slowest pass.
    """

    passes: int
    middle_permille: int
    slowest_permille: int

    @property
    def unstable(self) -> bool:
        """Whether a threshold is exceeded, or there are too few passes."""
        return (
            self.passes < MIN_PASSES
            or self.middle_permille > MAX_MIDDLE_PERMILLE
            or self.slowest_permille > MAX_SLOWEST_PERMILLE
        )


def is_inconclusive(check: Check) -> bool:
    """Whether a check had nothing to decide it by."""
    return not check.passed and bool(check.counts.get(INCONCLUSIVE))


def is_stability(check: Check) -> bool:
    """Whether a check is about noise, not correctness."""
    return check.name == STABILITY or check.name.startswith(f"{STABILITY}-")


def instabilities(artefact: Artefact) -> tuple[str, ...]:
    """Why the passes are unstable, each reason with the series that it applies to."""
    series: dict[str, list[str]] = {}
    for check in artefact.outcome.checks if artefact.outcome else ():
        if is_stability(check) and check.counts.get("unstable"):
            reason = check.detail.removeprefix(_UNSTABLE)
            series.setdefault(reason, []).append(_series_of(check))
    return tuple(f"{', '.join(names)}: {why}" if any(names) else why for why, names in series.items())


def stability_findings(artefact: Artefact) -> Iterator[str]:
    """Every figure of a stability check that the samples of the same envelope contradict."""
    for check in artefact.outcome.checks if artefact.outcome else ():
        if not is_stability(check):
            continue
        walls = _walls_by_seed(artefact, _series_of(check))
        if not walls:
            yield f"{check.name}: the series that it checks is missing"
            continue
        spread = max((_spread(each) for each in walls), key=lambda one: (one.unstable, one.middle_permille))
        yield from _differences(check, spread)


def _differences(check: Check, spread: Spread) -> Iterator[str]:
    expected = {
        "passes": spread.passes,
        "middle-half-permille": spread.middle_permille,
        "middle-half-permille-at-most": MAX_MIDDLE_PERMILLE,
        "slowest-permille": spread.slowest_permille,
        "slowest-permille-at-most": MAX_SLOWEST_PERMILLE,
        "unstable": int(spread.unstable),
    }
    for name, value in expected.items():
        if check.counts.get(name) != value:
            yield f"{check.name}: {name} is {check.counts.get(name)}, and should be {value}"
    if check.detail.startswith(_UNSTABLE) is not spread.unstable:
        yield f"{check.name}: the detail {check.detail!a} contradicts the samples"


def _series_of(check: Check) -> str:
    """The part of a stability check's name that names its series; empty for the passes of the run."""
    return check.name.removeprefix(STABILITY).removeprefix("-")


def _walls_by_seed(artefact: Artefact, series_name: str) -> list[Sequence[int | float]]:
    """The samples that a check is about, seed by seed: seeds differ in work."""
    names = [f"saturated-wall-{series_name}", f"{series_name}-wall"] if series_name else [WALL_TIMES]
    found = [series.samples for series in artefact.metrics if series.name in names and series.samples]
    seeds = str(artefact.parameters.get("seeds", "")).count(",") + 1
    each = len(found[0]) // seeds if found else 0
    return [found[0][at : at + each] for at in range(0, len(found[0]), each)] if each else []


def _spread(wall_ns: Sequence[int | float]) -> Spread:
    from obrelease.analysis.statistics.median import median  # lists do without

    ordered = sorted(map(int, wall_ns))
    middle = max(median(ordered), 1)
    quarter = len(ordered) // 4
    span_ns = ordered[-1 - quarter] - ordered[quarter]
    return Spread(len(ordered), span_ns * 1000 // middle, ordered[-1] * 1000 // middle)
