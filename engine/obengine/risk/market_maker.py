"""A synthetic market maker that quotes along a recorded stream, to exercise risk limits.

After each trade of its symbol it moves its two quotes to half a spread (plus a seeded jitter of up to a
quarter of that) on either side of the trade price, both shifted against its inventory. A quote is sent
only if its price changed, as an order that the limits may reject; the old quote is cancelled first.

Its orders are not in the recorded book and do not affect it. A quote is filled by a recorded execution
*through* its price, for at most the executed quantity. At its exact price it counts as last in the queue
and is not filled.
"""

from __future__ import annotations

from obengine.api.messages import Side
from obengine.api.prng import below, splitmix64, stream_seed
from obengine.risk.limits import RiskEngine, RiskOrder
from obengine.risk.limits_file import MAKER, MakerPlan

_BLOCK = 4_096


class MarketMaker:
    """One agent in one symbol; it must see every trade of the symbol in order.

    Attributes:
        cash: proceeds of sales minus cost of purchases, in ticks x lots.
        fills, sent, refused: number of fills, accepted orders and rejected orders.
    """

    def __init__(self, plan: MakerPlan, risk: RiskEngine) -> None:
        self.cash = 0
        self.fills = self.sent = self.refused = 0
        self._plan, self._risk = plan, risk
        self._quotes: list[tuple[int, int, int] | None] = [None, None]
        self._jitter: list[int] = []
        self._drawn = 0
        self._next_id = 1

    @property
    def position_lots(self) -> int:
        """The inventory."""
        return self._risk.position_lots(MAKER, self._plan.symbol)

    def on_trade(self, time_ns: int, taker_side: int, qty_lots: int, price_ticks: int) -> None:
        """Process a recorded execution: a possible fill, then new quotes."""
        self._fill(1 - taker_side, qty_lots, price_ticks)
        plan = self._plan
        half = plan.half_spread_ticks + self._draw()
        middle = price_ticks - plan.skew_ticks_per_lot * self.position_lots
        self._quote(time_ns, Side.BUY, middle - half)
        self._quote(time_ns, Side.SELL, middle + half)

    def _fill(self, side: int, qty_lots: int, price_ticks: int) -> None:
        quote = self._quotes[side]
        if quote is None:
            return
        order_id, mine, open_lots = quote
        if not (price_ticks < mine if side == Side.BUY else price_ticks > mine):
            return
        lots = self._risk.filled(self._plan.symbol, order_id, min(open_lots, qty_lots), overlay=True)
        self.cash += -lots * mine if side == Side.BUY else lots * mine
        self.fills += 1
        self._quotes[side] = (order_id, mine, open_lots - lots) if open_lots > lots else None

    def _quote(self, time_ns: int, side: Side, price_ticks: int) -> None:
        quote = self._quotes[side]
        if quote is not None:
            if quote[1] == price_ticks:
                return
            self._risk.closed(self._plan.symbol, quote[0], overlay=True)
            self._quotes[side] = None
        order = RiskOrder(
            time_ns,
            MAKER,
            self._plan.symbol,
            side,
            self._plan.quote_lots,
            price_ticks,
            self._next_id,
            overlay=True,
        )
        self._next_id += 1
        if not self._risk.check(order):
            self.refused += 1
            return
        self.sent += 1
        self._risk.opened(order)
        self._quotes[side] = (order.order_id, price_ticks, order.qty_lots)

    def _draw(self) -> int:
        """A random offset of 0 to a quarter of the half spread."""
        at = self._drawn % _BLOCK
        if not at:
            draws = splitmix64(stream_seed(self._plan.seed, 48), self._drawn, _BLOCK)
            self._jitter = below(draws, 0, 32, self._plan.half_spread_ticks // 4 + 1).tolist()
        self._drawn += 1
        return self._jitter[at]
