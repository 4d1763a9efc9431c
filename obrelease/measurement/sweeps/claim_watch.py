"""Which claims show no sign of life, decided by this process alone.

A claim is dead if its process is known to have ended on this machine, or if its heartbeat did not change
while this process watched it for the time of takeover on a clock that nobody can set. So clocks that differ
or jump change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from obrelease.measurement.sweeps.claims import SeenClaim
from obrelease.measurement.sweeps.process_identity import ProcessIdentity, is_running


class ClaimWatch:
    """Remembers when each heartbeat was last seen to change."""

    def __init__(
        self, here: ProcessIdentity, takeover_s: float, clock: Callable[[], float] = monotonic
    ) -> None:
        """Watch for this process.

        Args:
            takeover_s: how long a heartbeat may stand still, in seconds.
            clock: seconds that only grow.
        """
        self._here = here
        self._takeover_s = takeover_s
        self._clock = clock
        self._changed: dict[tuple[str, str], tuple[str, float]] = {}

    def dead(self, claims: Sequence[SeenClaim]) -> tuple[SeenClaim, ...]:
        """Those of the claims that may be taken over; call it again and again with all claims."""
        now = self._clock()
        known = {}
        for claim in claims:
            beat, since = self._changed.get((claim.key, claim.token), (None, now))
            known[claim.key, claim.token] = (claim.beat, since if beat == claim.beat else now)
        self._changed = known
        return tuple(claim for claim in claims if self._is_dead(claim, now))

    def _is_dead(self, claim: SeenClaim, now: float) -> bool:
        if claim.owner is not None and is_running(claim.owner.process, self._here) is False:
            return True
        return now - self._changed[claim.key, claim.token][1] >= self._takeover_s
