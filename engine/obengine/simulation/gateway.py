"""The strategy's side of a simulation: its clock, what it sees, and its messages on their way."""

from __future__ import annotations

from bisect import bisect_right
from heapq import heappop, heappush
from typing import Any, Final

import numpy as np

from obengine.api.arguments import require_whole
from obengine.api.errors import WorkloadError
from obengine.api.messages import NO_PRICE, Side
from obengine.api.prng import splitmix64, stream_seed
from obengine.simulation.exchange import Exchange
from obengine.simulation.latency import Delays, Latency
from obengine.simulation.orders import UNKNOWN_AHEAD, Fill, Order, OrderEvent, OrderEventKind
from obengine.simulation.recording import Recording
from obengine.simulation.strategy import Strategy, Touch

PHASES: Final = 8
"""A moment is a time in nanoseconds since the first change times this, plus a phase."""
RECORDED, ARRIVING, DELIVERED, REPORTED, TIMED = range(5)
NEVER: Final = 2**63 - 1
MAX_LOTS: Final = 2**53

_SUBMIT, _CANCEL, _REPLACE, _REPORT, _TIMER, _END = range(6)
_BLOCK: Final = 1_024
_RANDOM_STREAM: Final = 64


class Gateway:
    """A `Market`: what the strategy asks and sends, each after its latency.

    Attributes:
        agenda: what will happen beside the recording, as a heap of moment, number, action and details.
        moment: the moment that the strategy is called at.
        view: the number of recorded changes that the strategy has seen, or -1 if only its clock knows.
        seen: for each symbol, the last change of its touch that the strategy has seen.
    """

    def __init__(self, recording: Recording, strategy: Strategy, latency: Latency, seed: int) -> None:
        self.agenda: list[tuple[int, int, int, Any]] = [(NEVER, 0, _END, None)]
        self.moment = 0
        self.view = 0
        self.seen = [-1] * len(recording.symbols)
        self.delivered_ns = latency.delivered_ns(recording.changes["seen_ns"].astype(np.int64), seed)
        self._recording, self._strategy = recording, strategy
        self._first_ns = int(recording.times_ns[0])
        self._orders_out = Delays(latency.order_ns, latency.jitter_ns, seed, 0)
        self._reports_in = Delays(latency.report_ns, latency.jitter_ns, seed, 1)
        self._exchange: Exchange | None = None
        self._scheduled = self._last_id = 0
        self._sent: dict[int, Order] = {}
        self._positions = [0] * len(recording.symbols)
        self._seed = stream_seed(seed, _RANDOM_STREAM)
        self._drawn = 0
        self._block: list[int] = []

    def connect(self, exchange: Exchange) -> None:
        """Set the exchange, once."""
        self._exchange = exchange

    # --- Market ---

    @property
    def now_ns(self) -> int:
        """The strategy's clock."""
        return self._first_ns + self.moment // PHASES

    @property
    def symbols(self) -> tuple[str, ...]:
        """The name of each symbol index."""
        return self._recording.symbols

    def touch(self, symbol: int = 0) -> Touch:
        """The best levels."""
        at = self.seen[symbol]
        return Touch(NO_PRICE, 0, NO_PRICE, 0) if at < 0 else Touch(*self._recording.touches.item(at))

    def levels(self, side: Side, count: int, symbol: int = 0) -> list[tuple[int, int]]:
        """At most `count` levels of a side, best first: price and lots."""
        best = self.touch(symbol)[0 if side == Side.BUY else 2]
        if best == NO_PRICE:
            return []
        limit = -UNKNOWN_AHEAD if side == Side.BUY else UNKNOWN_AHEAD
        lookup = self._at_exchange().shadows.lookup
        return lookup.levels(2 * symbol + side, self._seen_changes(), best=best, limit=limit, count=count)

    def position(self, symbol: int = 0) -> int:
        """Bought minus sold lots, as far as fills were reported."""
        return self._positions[symbol]

    def orders(self, symbol: int = 0) -> list[Order]:
        """The own orders that are not known to be over, oldest first."""
        return [order for order in self._sent.values() if order.symbol == symbol]

    def ahead(self, order_id: int) -> int | None:
        """The lots ahead of an order as the feed shows it; None if unknown, or not in a queue."""
        samples = self._at_exchange().queue_of.get(order_id)
        if samples is None:
            return None
        seen = self._seen_changes()
        at = bisect_right(samples, (seen, NEVER)) - 1
        return samples[at][1] if at >= 0 and samples[at][1] >= 0 else None

    def submit(
        self,
        side: Side,
        lots: int,
        price_ticks: int | None,
        *,
        symbol: int = 0,
        post_only: bool = False,
        ioc: bool = False,
    ) -> int:
        """Send an order; returns its id. Without a price it is a market order (and `ioc`).

        Raises:
            WorkloadError: the lots, the price or the symbol is no whole number or out of range, or a market
                order is post-only.
        """
        lots = _lots(lots)
        price_ticks = None if price_ticks is None else _limit(price_ticks)
        symbol = require_whole("the symbol of an order", symbol)
        if not 0 <= symbol < len(self.symbols):
            raise WorkloadError(f"no symbol {symbol}; the recording has {len(self.symbols)}")
        if post_only and (ioc or price_ticks is None):
            raise WorkloadError("a post-only order rests: it has a price and is not ioc")
        worst = UNKNOWN_AHEAD if side == Side.BUY else -UNKNOWN_AHEAD
        self._last_id += 1
        order_id = self._last_id
        price = worst if price_ticks is None else price_ticks
        order = Order(order_id, symbol, int(side), price, lots, post_only, ioc or price_ticks is None)
        self._sent[order_id] = Order(order_id, symbol, int(side), price, lots, post_only, order.ioc, lots)
        self._send(_SUBMIT, order)
        return order_id

    def cancel(self, order_id: int) -> None:
        """Send a cancel."""
        self._send(_CANCEL, order_id)

    def replace(self, order_id: int, lots: int, price_ticks: int) -> None:
        """Send new open lots and a new limit; fewer lots at the same limit keep the place in the queue."""
        self._send(_REPLACE, (order_id, _lots(lots), _limit(price_ticks)))

    def set_timer(self, at_ns: int, tag: str = "") -> None:
        """Ask for `on_timer` at a time; a time that has passed means the next nanosecond."""
        at_ns = require_whole("the time of a timer", at_ns)
        self._schedule(max(at_ns, self.now_ns + 1), TIMED, _TIMER, tag)

    def random(self, bound: int) -> int:
        """A seeded whole number from 0 to `bound - 1`."""
        bound = require_whole("a bound", bound)
        if not 0 < bound <= MAX_LOTS:
            raise WorkloadError(f"a bound is 1 to 2^53, not {bound}")
        at = self._drawn % _BLOCK
        if not at:
            self._block = splitmix64(self._seed, self._drawn, _BLOCK).tolist()
        self._drawn += 1
        return self._block[at] * bound >> 64

    # --- what happens beside the recording ---

    def report(self, what: Fill | OrderEvent) -> None:
        """Send a report from the exchange to the strategy."""
        self._scheduled += 1
        moment = (self._reports_in.arrival_ns(what.time_ns) - self._first_ns) * PHASES + REPORTED
        heappush(self.agenda, (moment, self._scheduled, _REPORT, what))

    def run_due(self) -> None:
        """Let the next thing of the agenda happen."""
        moment, _, action, details = heappop(self.agenda)
        if action == _REPORT:
            self.moment, self.view = moment, -1
            self._receive(details)
            return
        if action == _TIMER:
            self.moment, self.view = moment, -1
            self._strategy.on_timer(self, details)
            return
        exchange, now_ns = self._at_exchange(), self._first_ns + moment // PHASES
        if action == _SUBMIT:
            exchange.submit(details, now_ns)
        elif action == _CANCEL:
            exchange.cancel(details, now_ns)
        else:
            order_id, lots, price_ticks = details
            exchange.replace(order_id, lots, price_ticks, now_ns=now_ns)

    def _receive(self, what: Fill | OrderEvent) -> None:
        known = self._sent.get(what.order_id)
        if isinstance(what, Fill):
            signed = what.lots if what.side == Side.BUY else -what.lots
            self._positions[what.symbol] += signed
            if known is not None:
                known.open_lots -= what.lots
                self._forget_if_over(known)
            self._strategy.on_fill(self, what)
            return
        if known is not None:
            if what.kind == OrderEventKind.CANCELLED:
                known.open_lots -= what.lots
            elif what.kind == OrderEventKind.REJECTED:
                known.open_lots = 0
            elif what.kind == OrderEventKind.REPLACED:
                known.price_ticks, known.open_lots = what.price_ticks, what.lots
            self._forget_if_over(known)
        self._strategy.on_order(self, what)

    def _forget_if_over(self, order: Order) -> None:
        if order.open_lots <= 0:
            order.done = True
            self._sent.pop(order.order_id, None)

    def _send(self, action: int, details: Any) -> None:
        self._schedule(self._orders_out.arrival_ns(self.now_ns), ARRIVING, action, details)

    def _schedule(self, time_ns: int, phase: int, action: int, details: Any) -> None:
        self._scheduled += 1
        moment = (time_ns - self._first_ns) * PHASES + phase
        heappush(self.agenda, (moment, self._scheduled, action, details))

    def _seen_changes(self) -> int:
        if self.view >= 0:
            return self.view
        return int(np.searchsorted(self.delivered_ns, self.now_ns, side="right"))

    def _at_exchange(self) -> Exchange:
        if self._exchange is None:
            raise RuntimeError("the gateway is not connected")
        return self._exchange


def _lots(lots: int) -> int:
    lots = require_whole("the lots of an order", lots)
    if not 0 < lots <= MAX_LOTS:
        raise WorkloadError(f"the lots of an order are 1 to 2^53, not {lots}")
    return lots


def _limit(price_ticks: int) -> int:
    price_ticks = require_whole("the limit price of an order", price_ticks)
    if not -UNKNOWN_AHEAD < price_ticks < UNKNOWN_AHEAD:
        raise WorkloadError(f"the limit price of an order is below 2^62 ticks, not {price_ticks}")
    return price_ticks
