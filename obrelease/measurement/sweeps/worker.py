"""A worker of a sweep: claims one cell after the other, measures it and notes what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from time import monotonic
from typing import Final

from obrelease.errors import ObreleaseError, ProcessKilled, StorageError
from obrelease.measurement.host_lock import host_lock
from obrelease.measurement.sweeps.cell_registry import CellRegistry, announced_run
from obrelease.measurement.sweeps.cells import Cell
from obrelease.measurement.sweeps.claim_watch import ClaimWatch
from obrelease.measurement.sweeps.claims import (
    Claim,
    ClaimOwner,
    forget_retired,
    heartbeat,
    read_claims,
    retired_claims,
    retired_keys,
    take_over,
    try_to_claim,
)
from obrelease.measurement.sweeps.expand import value_text
from obrelease.measurement.sweeps.outcomes import (
    DoneCell,
    FailedCell,
    is_settled,
    settled_keys,
    write_done,
    write_failed,
)
from obrelease.measurement.sweeps.process_identity import ProcessIdentity, is_running
from obrelease.measurement.sweeps.sweep_folder import SweepFolder
from obrelease.models.artefact import MAX_NAME, Scalar
from obrelease.models.finding import printable
from obrelease.registry.entry import Entry
from obrelease.storage.reporter import SILENT

MAX_ATTEMPTS: Final = 5
"""After so many processes ended while they measured it, a cell counts as failed."""

LABEL: Final = "sweep"
"""The label of every run of a sweep: its name; more labels begin with it and a dot."""

Measure = Callable[[Cell, CellRegistry], Entry]
"""Measures a cell and records its one run."""


def clear_settled(folder: SweepFolder, here: ProcessIdentity) -> None:
    """Remove what processes of this machine left that were killed after their cell was settled.

    Raises:
        StorageError: the disk refused.
    """
    settled = settled_keys(folder)
    for claim in read_claims(folder):
        ended = claim.owner is not None and is_running(claim.owner.process, here) is False
        if claim.key in settled and ended:
            take_over(folder, claim)
    for key in retired_keys(folder):
        if key in settled:
            forget_retired(folder, key)


class Step(Enum):
    """What one step of a worker did."""

    SETTLED = "a cell was recorded, or failed"
    LOST = "the measurement was killed, or another worker took the claim over"
    BUSY = "other workers have all that is left"
    FINISHED = "every cell is settled"


@dataclass(frozen=True, slots=True)
class SweepWorker:
    """One process, or one thread of it, that measures cells.

    Attributes:
        takeover_s: see `ClaimWatch`.
        here: this process.
        now_ns: the clock, for what people read.
        measure: measures a cell.
        wait_s: how long to wait for other measurements on this host.
    """

    folder: SweepFolder
    takeover_s: float
    here: ProcessIdentity
    now_ns: Callable[[], int]
    measure: Measure
    wait_s: float
    watch: ClaimWatch = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "watch", ClaimWatch(self.here, self.takeover_s))

    def step(self, cells: Sequence[Cell]) -> Step:
        """Measure the first of these cells that is free.

        Raises:
            Conflict: another measurement runs on this host for longer than `wait_s`.
            StorageError: the disk refused; the cell is free again.
        """
        with host_lock(f"sweep {self.folder.name}", wait_s=self.wait_s, reporter=SILENT):
            claims = read_claims(self.folder)
            dead = {(claim.key, claim.token) for claim in self.watch.dead(claims)}
            for claim in claims:
                if (claim.key, claim.token) in dead:
                    take_over(self.folder, claim)
            held = {claim.key for claim in claims if (claim.key, claim.token) not in dead}
            settled = settled_keys(self.folder)
            left = [cell for cell in cells if cell.key not in settled]
            if not left:
                return Step.FINISHED
            for cell in left:
                if cell.key not in held and (mine := self._claim(cell)) is not None:
                    return self._settle(cell, mine)
        return Step.BUSY

    def _claim(self, cell: Cell) -> Claim | None:
        owner = ClaimOwner(process=self.here, claimed_ns=str(self.now_ns()))
        claim = try_to_claim(self.folder, cell.key, owner)
        if claim is not None and is_settled(self.folder, cell.key):
            claim.release()
            return None
        return claim

    def _settle(self, cell: Cell, claim: Claim) -> Step:
        try:
            earlier = retired_claims(self.folder, cell.key)
            found = [announced_run(self.folder.results, announced) for announced in earlier.values()]
            recorded = next((digest for digest in found if digest is not None), None)
            if recorded is not None:
                self._note_done(cell, recorded, 0)
            elif len(earlier) >= MAX_ATTEMPTS:
                self._note_failed(cell, f"the process that measured it ended {len(earlier)} times")
            elif not self._measure(cell, claim):
                return Step.LOST
            forget_retired(self.folder, cell.key)
        finally:
            claim.release()
        return Step.SETTLED

    def _measure(self, cell: Cell, claim: Claim) -> bool:
        """Measure and record a cell; False if the claim was taken over, or the measured process killed."""
        start = monotonic()
        registry = CellRegistry(self.folder.results, claim, cell_labels(self.folder.name, cell))
        try:
            with heartbeat(claim, self.takeover_s):
                entry = self.measure(cell, registry)
        except ObreleaseError as error:
            if not claim.is_held:
                return False
            if isinstance(error, StorageError):
                raise
            if isinstance(error, ProcessKilled):
                claim.withdraw()
                return False
            self._note_failed(cell, error.message)
            return True
        self._note_done(cell, entry.digest, round(1e3 * (monotonic() - start)))
        return True

    def _note_done(self, cell: Cell, digest: str, milliseconds: int) -> None:
        outcome = DoneCell(
            key=cell.key,
            digest=digest,
            host=self.here.host,
            finished_ns=str(self.now_ns()),
            milliseconds=milliseconds,
        )
        write_done(self.folder, outcome)

    def _note_failed(self, cell: Cell, reason: str) -> None:
        outcome = FailedCell(
            key=cell.key,
            reason=printable(reason)[:MAX_NAME],
            host=self.here.host,
            finished_ns=str(self.now_ns()),
        )
        write_failed(self.folder, outcome)


def cell_labels(sweep: str, cell: Cell) -> dict[str, Scalar]:
    """The labels of a cell's run: the sweep, the key, the repeat, and the value of each parameter."""
    own: dict[str, Scalar] = {LABEL: sweep, f"{LABEL}.cell": cell.key, f"{LABEL}.repeat": cell.repeat}
    return own | {f"{LABEL}.{name}": value_text(value) for name, value in cell.point.items()}
