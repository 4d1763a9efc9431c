"""How far a sweep is: cells by state, the rate of the last ones, and who holds which claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from obrelease.analysis.statistics.median import median
from obrelease.measurement.sweeps.cells import Cell
from obrelease.measurement.sweeps.claims import SeenClaim, read_claims
from obrelease.measurement.sweeps.outcomes import DoneCell, FailedCell, read_done, read_failed
from obrelease.measurement.sweeps.process_identity import ProcessIdentity, is_running
from obrelease.measurement.sweeps.sweep_folder import SweepFolder

RATE_CELLS: Final = 50
"""The rate is that of the last so many cells."""


@dataclass(frozen=True, slots=True)
class HeldCell:
    """A cell that is being measured.

    Attributes:
        claim: who measures it.
        running: whether that process runs; None if this machine cannot know.
    """

    cell: Cell
    claim: SeenClaim
    running: bool | None


@dataclass(frozen=True, slots=True)
class SweepProgress:
    """The state of a sweep at one moment.

    Attributes:
        held: the cells that are being measured.
        cells_per_minute: from the median of the times between the last cells; None before the third.
        remaining_s: until the rest is measured at this rate; None if there is no rate.
    """

    cells: Sequence[Cell]
    done: Mapping[str, DoneCell]
    failed: Mapping[str, FailedCell]
    held: tuple[HeldCell, ...]
    cells_per_minute: float | None
    remaining_s: float | None

    @property
    def waiting(self) -> int:
        """Cells that nobody has measured or measures."""
        return len(self.cells) - len(self.done) - len(self.failed) - len(self.held)


def read_progress(folder: SweepFolder, cells: Sequence[Cell], here: ProcessIdentity) -> SweepProgress:
    """Read the state of the planned cells; outcomes of other plans are left out.

    Raises:
        InvalidInput: the file of an outcome is malformed.
        StorageError: a file cannot be read.
    """
    by_key = {cell.key: cell for cell in cells}
    claims = [claim for claim in read_claims(folder) if claim.key in by_key]
    done = {key: cell for key, cell in read_done(folder).items() if key in by_key}
    failed = {k: cell for k, cell in read_failed(folder).items() if k in by_key and k not in done}
    held = tuple(
        HeldCell(
            by_key[claim.key],
            claim,
            None if claim.owner is None else is_running(claim.owner.process, here),
        )
        for claim in claims
        if claim.key not in done and claim.key not in failed
    )
    gap_s = _median_gap_s(list(done.values()))
    left = len(cells) - len(done) - len(failed)
    return SweepProgress(
        cells=cells,
        done=done,
        failed=failed,
        held=held,
        cells_per_minute=60 / gap_s if gap_s else None,
        remaining_s=left * gap_s if gap_s else None,
    )


def _median_gap_s(done: Sequence[DoneCell]) -> float | None:
    """The median time between the last cells: a pause, or a clock that jumps once, does not move it."""
    times = sorted(int(cell.finished_ns) for cell in done)[-RATE_CELLS:]
    gaps = [(after - before) / 1e9 for before, after in pairwise(times)]
    return median(gaps) if len(gaps) > 1 else None
