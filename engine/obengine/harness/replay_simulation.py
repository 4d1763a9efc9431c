"""A strategy beside a replay: simulated twice, and checked against risk limits."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import EngineError, StrategyFailed, WorkloadError
from obengine.feeds.order_flow import ChangeKind
from obengine.feeds.trades import Trades
from obengine.harness.outcome import INCONCLUSIVE, CheckResult, RiskOutcome, SimulationOutcome
from obengine.harness.replay_risk import risk_check
from obengine.risk.limits_file import STRATEGY, RiskLimits
from obengine.risk.profit_limits import Profit, profit_breaches
from obengine.simulation.fees import Fees
from obengine.simulation.latency import Latency
from obengine.simulation.queue_models import QueueModel
from obengine.simulation.recording import Recording
from obengine.simulation.result import SimulationResult
from obengine.simulation.simulation import Simulation
from obengine.simulation.sources import Source, record_source
from obengine.simulation.strategy import Strategy, require_strategy

_ENGINE: Final = Path(__file__).parents[1]
_TRADES: Final = (ChangeKind.TRADE, ChangeKind.PRINT, ChangeKind.HIDDEN)

PNL_ROWS: Final = 5_000
PNL_STEP_NS: Final = 10**9
"""The rows of the recorded series of profit and loss, and its smallest step."""


@dataclass(frozen=True, slots=True)
class StrategyPlan:
    """A strategy and the settings of its simulation.

    Attributes:
        make: makes a new strategy for each run.
        queue, latency, fees, seed: as for `Simulation`.
    """

    make: Callable[[], object]
    queue: str = QueueModel.EXACT
    latency: Latency = field(default_factory=Latency)
    fees: Fees = field(default_factory=Fees)
    seed: int = 1


def simulate(
    source: Source, plan: StrategyPlan, *, limits: RiskLimits | None = None, trades: Trades | None = None
) -> SimulationOutcome:
    """Run a strategy beside recorded data, twice.

    Raises:
        StrategyFailed: the strategy raised an exception, or is none.
        WorkloadError: a setting is invalid, or the limits have a market maker.
    """
    if limits is not None and limits.maker is not None:
        raise WorkloadError("a strategy and the [market_maker] of a limits file cannot be combined")
    recording = record_source(source, trades=trades)
    first, second = (_run(recording, plan, limits) for _ in range(2))
    same = first.digest == second.digest
    detail = "a second run of the strategy gave the same fills, order events and queue positions"
    if not same:
        detail = "a second run of the strategy gave something else: it depends on more than what it sees"
    undecided = _undecided(first, recording) if same else ""
    counts = dict(first.counts) | ({INCONCLUSIVE: 1} if undecided else {})
    check = CheckResult(
        "simulation-repeats", passed=same and not undecided, detail=undecided or detail, counts=counts
    )
    step_ns = max(PNL_STEP_NS, (first.last_ns - first.first_ns) // PNL_ROWS)
    pnl = first.pnl(step_ns)
    held = pnl["position_lots" if len(first.symbols) == 1 else "gross_lots"]
    series = {"time_ns": pnl["time_ns"], "inventory_lots": held, "pnl": pnl["pnl"]}
    return SimulationOutcome(first, check, series, _risk(first, limits, series))


def _undecided(result: SimulationResult, recording: Recording) -> str:
    """Why a simulation that repeats shows nothing of its strategy; empty if it does."""
    if not result.counts["orders"]:
        return "the strategy sent no order"
    if not recording.has_order_ids and not np.isin(recording.changes["kind"], _TRADES).any():
        return "the data have no trades: resting orders could fill only where the book crosses them"
    return ""


def _run(source: Source, plan: StrategyPlan, limits: RiskLimits | None) -> SimulationResult:
    try:
        strategy = plan.make()
        if not isinstance(strategy, Strategy):
            raise StrategyFailed(f"gave a {type(strategy).__name__}, not an obengine.Strategy")
        _require_hooks(strategy)
        return Simulation(
            source,
            strategy,
            queue=plan.queue,
            latency=plan.latency,
            fees=plan.fees,
            seed=plan.seed,
            limits=limits,
        ).run()
    except StrategyFailed:
        raise
    except Exception as error:  # the user's code may raise anything
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if not Path(frame.filename).is_relative_to(_ENGINE)]
        if isinstance(error, EngineError) and not own:
            raise
        last = (own or frames)[-1]
        reason = str(error) if isinstance(error, EngineError) else f"{type(error).__name__}: {error}"
        raise StrategyFailed(f"raised {reason} ({Path(last.filename).name}:{last.lineno})") from error


def _require_hooks(strategy: Strategy) -> None:
    try:
        require_strategy(strategy)
    except WorkloadError as error:
        raise StrategyFailed(f"has a misspelt method: {error}") from error


def _risk(
    result: SimulationResult, limits: RiskLimits | None, series: dict[str, NDArray[np.int64]]
) -> RiskOutcome | None:
    if limits is None:
        return None

    def profit_of(symbol: int | None) -> Profit:
        frame = result.pnl(symbol=symbol)
        return frame["time_ns"], frame["pnl"]

    breaches = [*result.breaches, *profit_breaches(limits.rules, STRATEGY, profit_of)]
    more = {"strategy-orders": result.counts["orders"], "strategy-fills": result.counts["fills"]}
    check = risk_check(limits, breaches, result.watched, result.counts["refused-after-kill"], more)
    return RiskOutcome(limits, tuple(breaches), check, series)
