"""The stability of a run: the spread of its pass times against fixed thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_low
from typing import Final

from obengine.harness.outcome import CheckResult

MIN_PASSES: Final = 5
"""The minimum number of passes for a meaningful spread."""

MAX_MIDDLE_PERMILLE: Final = 100
"""The maximum span of the middle half of the passes, in thousandths of the median."""

MAX_SLOWEST_PERMILLE: Final = 1_500
"""The maximum time of the slowest pass, in thousandths of the median."""


def stability_check(
    wall_ns: Sequence[int],
    preemptions: Sequence[int],
    *,
    fresh_processes: bool = False,
    name: str = "stability",
) -> CheckResult:
    """Report whether a run is stable. The check always passes, because instability is noise of the host.

    Args:
        wall_ns: the wall time of each pass.
        preemptions: involuntary context switches during each pass.
        fresh_processes: whether each pass had a new process.
        name: the name of the check.
    """
    ordered = sorted(wall_ns)
    median = max(median_low(ordered), 1)
    quarter = len(ordered) // 4
    middle = (ordered[-1 - quarter] - ordered[quarter]) * 1000 // median
    slowest = ordered[-1] * 1000 // median
    reasons = []
    if len(ordered) < MIN_PASSES:
        reasons.append(f"fewer than {MIN_PASSES} passes")
    if middle > MAX_MIDDLE_PERMILLE:
        reasons.append(f"the middle half spans more than {_percent(MAX_MIDDLE_PERMILLE)} of the median")
    if slowest > MAX_SLOWEST_PERMILLE:
        reasons.append(f"the slowest pass took more than {_percent(MAX_SLOWEST_PERMILLE)} of the median")
    counts = {
        "unstable": int(bool(reasons)),
        "passes": len(ordered),
        "fresh-processes": int(fresh_processes),
        "middle-half-permille": middle,
        "middle-half-permille-at-most": MAX_MIDDLE_PERMILLE,
        "slowest-permille": slowest,
        "slowest-permille-at-most": MAX_SLOWEST_PERMILLE,
        "preemptions": sum(preemptions),
        "preempted-passes": sum(count > 0 for count in preemptions),
    }
    verdict = f"unstable: {'; '.join(reasons)}" if reasons else "stable by the stated thresholds"
    return CheckResult(name, passed=True, detail=verdict, counts=counts)


def _percent(permille: int) -> str:
    return f"{permille // 10} %"
