"""The settings of a simulated strategy as texts of the command line and of an artefact, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Final

from obengine.harness.outcome import SimulationOutcome
from obengine.harness.replay_simulation import StrategyPlan
from obengine.harness.units import Units
from obengine.simulation.fees import Fees
from obengine.simulation.latency import Latency
from obengine.simulation.queue_models import QueueModel
from obengine.simulation.simulation import SIMULATION_VERSION as VERSION
from obrelease.analysis.kinds.run_commands import (
    FEES,
    LATENCY,
    QUEUE,
    SIMULATION_SEED,
    STRATEGY,
    STRATEGY_RESULT,
)
from obrelease.errors import UsageError
from obrelease.models.artefact import Artefact, Scalar
from obrelease.recorder.engine_adapter import engine_errors
from obrelease.recorder.strategy_code import StrategyCode, load_strategy
from obrelease.recorder.strategy_result import strategy_result

STRATEGY_SHA256: Final = "strategy-sha256"
SIMULATION_DIGEST: Final = "simulation-digest"
SIMULATION_VERSION: Final = "simulation-version"

_LATENCIES: Final = tuple(each.name.removesuffix("_ns") for each in fields(Latency))
_FEES: Final = ("maker_per_lot", "taker_per_lot", "maker_ppm", "taker_ppm")


@dataclass(frozen=True, slots=True)
class SimulationSettings:
    """What was asked for: the strategy as `module:function` or `file.py:function`, and its settings as texts.

    Attributes:
        latency: nanoseconds, such as `feed=200000,order=300000`; also `report` and `jitter`.
        fees: such as `maker_per_lot=-20,taker_per_lot=30` (ticks); also `maker_ppm` and `taker_ppm`.
    """

    strategy: str
    queue: str = QueueModel.EXACT.value
    latency: str = ""
    fees: str = ""
    seed: int = 1

    def parameters(self, code: StrategyCode) -> dict[str, Scalar]:
        """The parameters of the artefact."""
        found: dict[str, Scalar] = {STRATEGY: code.name, STRATEGY_SHA256: code.sha256, QUEUE: self.queue}
        found |= {name: value for name, value in ((LATENCY, self.latency), (FEES, self.fees)) if value}
        return found | {SIMULATION_SEED: str(self.seed)}

    def plan(self, code: StrategyCode) -> StrategyPlan:
        """The plan for the engine.

        Raises:
            UsageError: a text cannot be read, or a number is out of range.
        """
        latency = _pairs("--latency", self.latency, _LATENCIES)
        fees = _pairs("--fees", self.fees, _FEES)
        with engine_errors():
            return StrategyPlan(
                make=code.make,
                queue=self.queue,
                latency=Latency(
                    **{f"{name}_ns": _whole("--latency", value) for name, value in latency.items()}
                ),
                fees=Fees(
                    maker_per_lot=fees.get("maker_per_lot", Decimal(0)),
                    taker_per_lot=fees.get("taker_per_lot", Decimal(0)),
                    maker_ppm=_whole("--fees", fees.get("maker_ppm", Decimal(0))),
                    taker_ppm=_whole("--fees", fees.get("taker_ppm", Decimal(0))),
                ),
                seed=self.seed,
            )


def result_parameters(outcome: SimulationOutcome, units: Units | None) -> dict[str, Scalar]:
    """What a simulation gave: its digest, by which it is compared when it is repeated, and a line to read."""
    return {
        SIMULATION_DIGEST: outcome.result.digest,
        SIMULATION_VERSION: VERSION,
        STRATEGY_RESULT: strategy_result(outcome, units),
    }


def recorded_settings(artefact: Artefact, strategy: str) -> SimulationSettings:
    """The settings of a recorded run, with the strategy that the user names.

    Raises:
        UsageError: a parameter of the run is not one of these settings.
    """
    found = artefact.parameters
    seed = str(found.get(SIMULATION_SEED, "1"))
    if not seed.isdecimal():
        raise UsageError(f"the run has the seed {seed!r:.40}", hint="`obrelease validate` checks the run")
    queue, latency, fees = (str(found.get(name, "")) for name in (QUEUE, LATENCY, FEES))
    return SimulationSettings(strategy, queue, latency, fees, int(seed))


def load_recorded_strategy(artefact: Artefact, strategy: str | None) -> StrategyCode | None:
    """The code of a run's strategy, which only the user can name; None for a run without one.

    Raises:
        UsageError: the run has a strategy and none was named, or the other way round.
    """
    recorded = artefact.parameters.get(STRATEGY)
    if recorded is None:
        if strategy is not None:
            raise UsageError("the run has no strategy", hint="leave --strategy out")
        return None
    if strategy is None:
        raise UsageError(
            f"the run has the strategy {recorded!r:.200}, whose code is not in the artefact",
            hint="name it by --strategy module:function, or --strategy ./file.py:function: it is run as code",
        )
    return load_strategy(strategy)


def _pairs(option: str, text: str, known: tuple[str, ...]) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = {}
    for part in text.split(",") if text else ():
        name, _, value = part.partition("=")
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if name not in known or name in found or not number.is_finite():
            raise UsageError(
                f"{option}: {part!r:.60} is not understood",
                hint=f"write name=number; names: {', '.join(known)}",
            )
        found[name] = number
    return found


def _whole(option: str, number: Decimal) -> int:
    if number != number.to_integral_value():
        raise UsageError(f"{option}: {number} is not a whole number")
    return int(number)
