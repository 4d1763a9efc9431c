"""One run in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from obrelease.analysis.summary.key_figures import summary_json
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
        run = read_run(artefact, digest=entry.digest, folder=entry.folder, every_histogram=False)
        return cls(entry, run)

    def to_json(self) -> dict[str, Any]:
        """The document that `obrelease show --json` prints."""
        return {
            "run": self.entry.as_json(),
            "artefact": self.run.artefact.model_dump(mode="json"),
            "summary": summary_json(self.run),
        }
