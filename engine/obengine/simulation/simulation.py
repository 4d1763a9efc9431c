"""A simulation: a strategy beside recorded market data, with latency, fees and queue positions.

Everything happens in the order of its time. At equal times: recorded changes, then arrivals of orders, then
market data for the strategy, then reports about its orders, then timers. So a run is a function of the
recording, the strategy, the settings and the seed.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Final

from obengine.api.arguments import require_whole
from obengine.api.errors import WorkloadError
from obengine.api.messages import SelfTrade
from obengine.api.prng import MAX_SEED
from obengine.feeds.level_csv import LevelFeed
from obengine.feeds.order_flow import ChangeKind
from obengine.feeds.trades import Trades
from obengine.risk.limits_file import RiskLimits
from obengine.simulation.exchange import Exchange
from obengine.simulation.fees import Fees
from obengine.simulation.gateway import PHASES, Gateway
from obengine.simulation.latency import Latency
from obengine.simulation.queue_models import QueueModel
from obengine.simulation.result import SimulationResult, make_result
from obengine.simulation.sources import Source, record_source
from obengine.simulation.steps import (
    CALL_CHANGE,
    CALL_TOUCH,
    TOUCH_CHANGED,
    TRADED,
    StepBlock,
    step_blocks,
)
from obengine.simulation.strategy import Strategy, Trade, require_strategy

SIMULATION_VERSION: Final = 1
"""Incremented when the same recording, strategy and settings would give other fills."""

_ADD, _LEVEL, _HIDDEN = int(ChangeKind.ADD), int(ChangeKind.LEVEL), int(ChangeKind.HIDDEN)
_ADDING: Final = frozenset({_ADD, _LEVEL})
_PRINTS: Final = frozenset({int(ChangeKind.TRADE), int(ChangeKind.PRINT), _HIDDEN})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a simulation; see `Simulation`."""

    queue: QueueModel = QueueModel.EXACT
    latency: Latency = field(default_factory=Latency)
    fees: Fees = field(default_factory=Fees)
    self_trade: SelfTrade = SelfTrade.NEWEST
    seed: int = 1


_NO_LATENCY: Final = Latency()
_NO_FEES: Final = Fees()


class Simulation:
    """A strategy beside recorded market data.

    Args:
        source: LOBSTER, ITCH or Databento days, a level feed, or a `Recording`.
        strategy: the strategy.
        queue: `exact` (needs order ids), `last` or `probability`; see `obengine.simulation.queue_models`.
        latency: of market data, orders and reports.
        fees: of fills.
        self_trade: what happens instead of a trade between own orders; `NONE` lets them trade.
        seed: of latency jitter, the queue model and `Market.random`.
        limits: risk limits; orders that exceed them are rejected, and the result has the breaches.
        trades: of a level feed, its trades; the others have their own.
        core: the core that recorded orders are applied on; None for the fastest.

    A level feed without trades is a warning: its fills are too few.

    Raises:
        WorkloadError: a setting is invalid, the strategy is none or has a misspelt method, or `exact` was
            asked of a feed without order ids.
    """

    def __init__(
        self,
        source: Source,
        strategy: Strategy,
        *,
        queue: str = QueueModel.EXACT,
        latency: Latency = _NO_LATENCY,
        fees: Fees = _NO_FEES,
        self_trade: SelfTrade = SelfTrade.NEWEST,
        seed: int = 1,
        limits: RiskLimits | None = None,
        trades: Trades | None = None,
        core: str | None = None,
    ) -> None:
        if queue not in {*QueueModel}:
            raise WorkloadError(f"no queue model {queue!r}; known: {', '.join(QueueModel)}")
        require_strategy(strategy)
        for name, value, kind in (("latency", latency, Latency), ("fees", fees, Fees)):
            if not isinstance(value, kind):
                raise WorkloadError(f"{name} is an obengine.{kind.__name__}, not {value!r:.40}")
        seed = require_whole("seed", seed)
        if not 0 <= seed <= MAX_SEED:
            raise WorkloadError(f"a seed is an integer from 0 to 2^64 - 1, not {seed}")
        self.recording = record_source(source, trades=trades, core=core)
        if not self.recording.changes.size:
            raise WorkloadError("the recording is empty")
        if queue == QueueModel.EXACT and not self.recording.has_order_ids:
            raise WorkloadError(
                "a level feed has no order ids for queue='exact': choose 'last' or 'probability'"
            )
        if isinstance(source, LevelFeed) and trades is None:
            warnings.warn(
                "a level feed has no trades: resting orders fill only where the book crosses them; give its"
                " trades (trades=obengine.read_trades_csv(path, feed))",
                stacklevel=2,
            )
        self.settings = Settings(QueueModel(queue), latency, fees, self_trade, seed)
        self.limits = limits
        self.strategy = strategy

    def run(self) -> SimulationResult:
        """Run from the first to the last recorded change.

        A strategy object that keeps state should be a new one for each run.
        """
        settings, recording = self.settings, self.recording
        gateway = Gateway(recording, self.strategy, settings.latency, settings.seed)
        exchange = Exchange(
            recording,
            queue=settings.queue,
            fees=settings.fees,
            self_trade=settings.self_trade,
            seed=settings.seed,
            limits=self.limits,
            report=gateway.report,
        )
        gateway.connect(exchange)
        self.strategy.on_start(gateway)
        for block in step_blocks(recording, gateway.delivered_ns, self.strategy):
            self._follow(block, gateway, exchange)
        last = int(gateway.delivered_ns[-1] - recording.times_ns[0] + 1) * PHASES
        while gateway.agenda[0][0] < last:
            gateway.run_due()
        self.strategy.on_end(gateway)
        exchange.finish()
        return make_result(recording, exchange, settings.queue)

    def _follow(  # noqa: C901
        self, block: StepBlock, gateway: Gateway, exchange: Exchange
    ) -> None:
        """The steps of a block, and what is due before each; most concern no order and cost no call."""
        agenda, run_due, seen = gateway.agenda, gateway.run_due, gateway.seen
        sides, prices = exchange.shadows.sides, exchange.shadows.prices
        apply = exchange.apply
        on_touch, on_trade, on_change = (
            getattr(self.strategy, name) for name in ("on_touch", "on_trade", "on_change")
        )
        for moment, step, kind, code, price in block:
            while agenda[0][0] < moment:
                run_due()
            if step >= 0:
                exchange.at = step + 1
                if kind in _ADDING:
                    other = sides[code ^ 1]
                    meets = other and _crosses(code, price, other[0].price_ticks)
                    if meets or (kind == _LEVEL and price in prices[code]):
                        apply(step)
                elif price in prices[code] or (kind in _PRINTS and (sides[code] or sides[code ^ 1])):
                    apply(step)
                continue
            change = ~step
            gateway.moment, gateway.view = moment, change + 1
            if kind & TOUCH_CHANGED:
                seen[code] = change
            if kind & TRADED:
                on_trade(gateway, self._trade(change))
            if kind & CALL_TOUCH:
                on_touch(gateway, code)
            if kind & CALL_CHANGE:
                on_change(gateway, code)

    def _trade(self, number: int) -> Trade:
        time_ns, _, price, lots, _, _, symbol, side, kind = self.recording.changes.item(number)
        return Trade(time_ns, symbol, price, lots, side, kind == _HIDDEN)


def _crosses(code: int, price: int, other: int) -> bool:
    """Whether an order of side `code` at a price meets one of the other side."""
    return price <= other if code & 1 else price >= other
