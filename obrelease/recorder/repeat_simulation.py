"""Repeats the simulated strategy of a recorded replay, with the recorded settings and the user's code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from obengine.harness.replay_simulation import simulate
from obengine.harness.selection import Selection
from obengine.harness.simulated_sources import read_source
from obengine.harness.time_of_day import time_of_day_ns
from obengine.simulation.simulation import SIMULATION_VERSION as VERSION
from obrelease.analysis.kinds.run_commands import (
    DAYS,
    LIMITS_FILE,
    REPLAYED_SYMBOLS,
    replayed_times,
    selected,
)
from obrelease.errors import IntegrityError, NotFound
from obrelease.models.artefact import Artefact
from obrelease.recorder.engine_adapter import engine_errors
from obrelease.recorder.simulation_settings import (
    SIMULATION_DIGEST,
    SIMULATION_VERSION,
    STRATEGY_SHA256,
    recorded_settings,
)
from obrelease.recorder.strategy_code import StrategyCode
from obrelease.storage.files import read_bounded
from obrelease.storage.hashing import digest_bytes


@dataclass(frozen=True, slots=True)
class RepeatedSimulation:
    """What a strategy gave when its run was repeated, and what was recorded.

    Attributes:
        strategy: as the user named it.
        strategy_sha256, digest: of its source, and of its fills, order events and queue positions.
        fills: their number.
    """

    strategy: str
    strategy_sha256: str
    recorded_strategy_sha256: str
    digest: str
    recorded_digest: str
    fills: int

    @property
    def reproduced(self) -> bool:
        """Whether every fill, order event and queue position is the recorded one."""
        return self.digest == self.recorded_digest


def repeat_simulation(
    artefact: Artefact, folder: Path, code: StrategyCode, trace: Path | None
) -> RepeatedSimulation:
    """Simulate again; the data were compared with those of the run before.

    Raises:
        NotFound: this engine simulates by another version of its rules.
        IntegrityError: the limits file of the run is not the recorded one.
        UsageError, InvalidInput, CheckFailed: as recording the run.
    """
    found = artefact.parameters
    if found.get(SIMULATION_VERSION) != VERSION:
        raise NotFound(
            f"the run has simulation version {found.get(SIMULATION_VERSION)}, this engine has {VERSION}",
            hint="install the obrelease that made the run",
        )
    days, symbols = (selected(artefact, name) for name in (DAYS, REPLAYED_SYMBOLS))
    plan = recorded_settings(artefact, code.name).plan(code)
    with engine_errors():
        times = map(time_of_day_ns, replayed_times(artefact))
        source = read_source(trace, Selection(days, symbols, *times), _limits_path(artefact, folder))
        outcome = simulate(source.days, plan, limits=source.limits, trades=source.trades)
    return RepeatedSimulation(
        code.name,
        code.sha256,
        str(found.get(STRATEGY_SHA256)),
        outcome.result.digest,
        str(found.get(SIMULATION_DIGEST)),
        outcome.result.counts["fills"],
    )


def _limits_path(artefact: Artefact, folder: Path) -> Path | None:
    kept = next((file for file in artefact.files if file.path == LIMITS_FILE), None)
    if kept is None:
        return None
    path = folder / LIMITS_FILE
    if digest_bytes(read_bounded(path)) != kept.sha256:
        raise IntegrityError(
            f"{path}: is not the file that was recorded", hint="`obrelease fsck` lists what is damaged"
        )
    return path
