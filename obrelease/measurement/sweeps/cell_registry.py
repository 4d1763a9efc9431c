"""The registry as a cell sees it: its run has the labels of the cell and is written inside of the claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from obrelease.errors import InvalidInput
from obrelease.measurement.sweeps.claims import RUN, Claim
from obrelease.models.artefact import Artefact, Label, Scalar
from obrelease.registry.check_folder import check_folder
from obrelease.registry.entry import Entry
from obrelease.registry.layout import PREFIX_LENGTHS, is_run_location, run_location
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile


class CellRegistry(Registry):
    """Records the one run of a cell, and nothing once the claim was taken over."""

    def __init__(self, root: Path, claim: Claim, labels: Mapping[str, Scalar]) -> None:
        """Record below `root` for a claim.

        Args:
            labels: facts of the cell, which every run of it has.
        """
        super().__init__(root)
        self._claim = claim
        self._labels = labels
        self._recorded = False

    def record(self, draft: Artefact, files: Sequence[NewFile]) -> Entry:
        """Record the run of the cell; raises as `Registry.record`.

        Raises:
            InvalidInput: the measurement gave more than one run.
            StorageError: the claim was taken over; nothing was recorded.
        """
        if self._recorded:
            raise InvalidInput(
                "the command gave more than one run; a cell records one",
                hint="let the tool write one results file with all its metrics",
            )
        own = {key: Label(value=value, source="user") for key, value in self._labels.items()}
        entry = super().record(draft.model_copy(update={"labels": {**draft.labels, **own}}), files)
        self._recorded = True
        return entry

    def _staging_place(self) -> Path:
        return self._claim.place / RUN

    def _make_staging(self, staging: Path) -> None:
        staging.mkdir()  # and no folder above it: a claim that was taken over must not come back

    def _before_commit(self, artefact: Artefact, digest: str) -> None:
        self._claim.announce(run_location(artefact.kind, artefact.scenario, digest, len(digest)))


def announced_run(results: Path, announced: str) -> str | None:
    """The digest of a run that a claim announced, if the registry has it.

    Args:
        announced: what `Claim.announce` noted, or "".
    """
    kind, _, rest = announced.partition("/")
    scenario, _, digest = rest.partition("/")
    if not is_run_location((kind, scenario, digest)):
        return None
    for length in PREFIX_LENGTHS:
        found = check_folder(results / run_location(kind, scenario, digest, length), pictures=False)
        if found.digest == digest and not found.problems:
            return digest
    return None
