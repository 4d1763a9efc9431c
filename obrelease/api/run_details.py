"""One run in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from obrelease.analysis.summary.key_figures import summary_json
from obrelease.analysis.summary.metric_figures import (
    HistogramFigures,
    MetricFigures,
    histogram_figures,
    metric_figures,
)
from obrelease.analysis.summary.read_run import read_run
from obrelease.analysis.summary.run import Run
from obrelease.registry.entry import Entry
from obrelease.registry.store import Registry


@dataclass(frozen=True, slots=True)
class RunDetails:
    """One run.

    Attributes:
        entry: what the registry knows of it.
        run: its envelope, and the figures derived from its files.
    """

    entry: Entry
    run: Run

    @classmethod
    def read(cls, registry: Registry, entry: Entry) -> RunDetails:
        """Read a run of a registry; raises as `Registry.load`."""
        artefact = registry.load(entry)
        return cls(entry, read_run(artefact, digest=entry.digest, folder=entry.folder))

    def metrics(self, only: Sequence[str] = ()) -> tuple[MetricFigures, ...]:
        """The metrics of the run with their figures, or those that a name or pattern selects."""
        return metric_figures(self.run, only)

    def histograms(self, only: Sequence[str] = ()) -> tuple[HistogramFigures, ...]:
        """The histograms of the run with their percentiles, or those that a name or pattern selects."""
        return histogram_figures(self.run, only)

    def to_json(self, only: Sequence[str] = ()) -> dict[str, Any]:
        """The document that `obrelease show --json` prints.

        Args:
            only: names or patterns of the metrics and histograms that are listed; all if there is none.
        """
        artefact = self.run.artefact
        return {
            "run": self.entry.as_json(),
            "stored_version": artefact.stored_version,
            "artefact": artefact.model_dump(mode="json"),
            "summary": summary_json(self.run),
            "metrics": [each.to_json() for each in self.metrics(only)],
            "histograms": [each.to_json() for each in self.histograms(only)],
        }
