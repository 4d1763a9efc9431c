"""Whether the passes of a run agreed in time: the verdict derived again, and told beside the numbers.

A check named `stability`, or `stability-` and what it is of, states its thresholds and what it found. It
fails no run: it says how far the machine's noise reaches into the numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Final

from obrelease.models.artefact import Artefact, Check

STABILITY: Final = "stability"

MIN_PASSES: Final = 5
MAX_MIDDLE_PERMILLE: Final = 100
MAX_SLOWEST_PERMILLE: Final = 1_500
_UNSTABLE: Final = "unstable: "


@dataclass(frozen=True, slots=True)
class Spread:
    """How far the passes of one series lie apart, in thousandths of their (lower) median.

    Attributes:
        middle_permille: the span of the middle half.
        slowest_permille: the slowest pass.
    """

    passes: int
    middle_permille: int
    slowest_permille: int

    @property
    def unstable(self) -> bool:
        """Whether a threshold is passed, or there are too few passes to tell."""
        return (
            self.passes < MIN_PASSES
            or self.middle_permille > MAX_MIDDLE_PERMILLE
            or self.slowest_permille > MAX_SLOWEST_PERMILLE
        )


def is_stability(check: Check) -> bool:
    """Whether a check tells of noise, not of right and wrong."""
    return check.name == STABILITY or check.name.startswith(f"{STABILITY}-")


def instabilities(artefact: Artefact) -> tuple[str, ...]:
    """What the run says of its own noise, each reason with the series that it holds for."""
    series: dict[str, list[str]] = {}
    for check in artefact.outcome.checks if artefact.outcome else ():
        if is_stability(check) and check.counts.get("unstable"):
            of = check.name.removeprefix(STABILITY).removeprefix("-")
            series.setdefault(check.detail.removeprefix(_UNSTABLE), []).append(of)
    return tuple(f"{', '.join(of)}: {why}" if any(of) else why for why, of in series.items())


def stability_findings(artefact: Artefact) -> Iterator[str]:
    """Every figure of a stability check that the samples of the same envelope contradict."""
    for check in artefact.outcome.checks if artefact.outcome else ():
        if not is_stability(check):
            continue
        walls = _walls(artefact, check.name.removeprefix(STABILITY).removeprefix("-"))
        if not walls:
            yield f"{check.name} is of a series that is not there"
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
        yield f"{check.name}: says {check.detail!a}, and its samples say otherwise"


def _walls(artefact: Artefact, of: str) -> list[Sequence[int | float]]:
    """The samples that a check is of, seed by seed: seeds differ in work."""
    names = [f"saturated-wall-{of}", f"{of}-wall"] if of else ["pass-wall"]
    found = [series.samples for series in artefact.measurements if series.name in names and series.samples]
    seeds = str(artefact.parameters.get("seeds", "")).count(",") + 1
    each = len(found[0]) // seeds if found else 0
    return [found[0][at : at + each] for at in range(0, len(found[0]), each)] if each else []


def _spread(wall_ns: Sequence[int | float]) -> Spread:
    ordered = sorted(map(int, wall_ns))
    median = max(median_low(ordered), 1)
    quarter = len(ordered) // 4
    middle_ns = ordered[-1 - quarter] - ordered[quarter]
    return Spread(len(ordered), middle_ns * 1000 // median, ordered[-1] * 1000 // median)
