"""Where the state of a sweep is: a hidden folder of the results folder, which all its workers share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from obrelease.registry.layout import SWEEPS_NAME


@dataclass(frozen=True, slots=True)
class SweepFolder:
    """The paths of one sweep.

    Attributes:
        results: the results folder.
        name: of the sweep.
    """

    results: Path
    name: str

    @property
    def root(self) -> Path:
        """The folder of the sweep."""
        return self.results / SWEEPS_NAME / self.name

    @property
    def plan(self) -> Path:
        """The plan."""
        return self.root / "plan.json"

    @property
    def claims(self) -> Path:
        """A folder `<key>/<token>` for each cell that is being measured."""
        return self.root / "claims"

    @property
    def retired(self) -> Path:
        """A folder `<key>/<token>` for each claim that was taken over, until its cell is settled."""
        return self.root / "retired"

    @property
    def incoming(self) -> Path:
        """Claims that are being made, and what is being removed."""
        return self.root / "incoming"

    @property
    def done(self) -> Path:
        """A file `<key>.json` for each cell that is recorded."""
        return self.root / "done"

    @property
    def failed(self) -> Path:
        """A file `<key>.json` for each cell that could not be measured."""
        return self.root / "failed"

    @property
    def logs(self) -> Path:
        """What tasks of a scheduler print."""
        return self.root / "logs"

    @property
    def folders(self) -> tuple[Path, ...]:
        """What must exist before a worker starts."""
        return (self.claims, self.retired, self.incoming, self.done, self.failed, self.logs)
