"""The latency of earlier runs of the same measurement, to be drawn behind that of a run."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Final

from obrelease.analysis.comparison.comparability import facts_of
from obrelease.analysis.histograms.histogram import Histogram
from obrelease.analysis.histograms.histogram_log import merge
from obrelease.analysis.summary.run import Run
from obrelease.site.texts import SHORT_COMMIT, short_run

MOST_EARLIER: Final = 3


@dataclass(frozen=True, slots=True)
class EarlierCurve:
    """A latency histogram of an earlier run.

    Attributes:
        run: the name of its page, without suffix.
        commit: short; empty if it is not known.
    """

    run: str
    commit: str
    histogram: Histogram


class EarlierRuns:
    """The newest runs of each measurement among those that were added, which come oldest first.

    Runs are of one measurement if nothing that is compared differs: kind, scenario, parameters, workload,
    histogram and the machine.
    """

    def __init__(self) -> None:
        self._newest: defaultdict[tuple[object, ...], deque[EarlierCurve]] = defaultdict(
            lambda: deque(maxlen=MOST_EARLIER)
        )

    def before(self, run: Run, histogram: str) -> list[EarlierCurve]:
        """The earlier curves of a histogram, newest first."""
        return list(self._newest.get((*_identity(run), histogram), ()))[::-1]

    def add(self, run: Run) -> None:
        """Add a run that is newer than all before it."""
        for name, parts in run.histograms.items():
            whole = merge(parts)
            if whole.count:
                curve = EarlierCurve(short_run(run.digest), (run.commit or "")[:SHORT_COMMIT], whole)
                self._newest[(*_identity(run), name)].append(curve)


def _identity(run: Run) -> tuple[object, ...]:
    facts = facts_of(run.artefact)
    return tuple(
        (name, str(value)) for name, value in sorted(facts.items()) if not name.startswith("outcome.")
    )
