"""The exchange's side of a simulation: recorded changes and orders in, fills and reports out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import NO_PRICE, SelfTrade, Side
from obengine.feeds.order_flow import ChangeKind
from obengine.risk.limits import RiskEngine, RiskOrder
from obengine.risk.limits_file import STRATEGY, RiskLimits
from obengine.simulation.fees import Fees
from obengine.simulation.orders import (
    FILL,
    ORDER_EVENT,
    QUEUE_POSITION,
    UNKNOWN_AHEAD,
    Fill,
    Order,
    OrderEvent,
    OrderEventKind,
    Reason,
)
from obengine.simulation.queue_models import QueueModel
from obengine.simulation.recording import Recording
from obengine.simulation.shadows import Change, Shadows

Report = Callable[[Fill | OrderEvent], None]

_ADD, _CANCEL, _TRADE, _PRINT, _HIDDEN, _CROSS, _LEAVE, _ADOPT, _LEVEL = (int(kind) for kind in ChangeKind)
_BUY: Final = int(Side.BUY)


class Exchange:
    """Applies recorded changes and the orders of a strategy, and records what happens.

    Attributes:
        at: the number of recorded changes so far.
        now_ns: the time of the exchange.
        fills, events, queue: what happened, as tuples of `FILL`, `ORDER_EVENT` and `QUEUE_POSITION`.
        queue_of: for each order, the number of changes and the lots ahead of it whenever they changed.
        risk: the limits, or None.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        queue: QueueModel,
        fees: Fees,
        self_trade: SelfTrade,
        seed: int,
        limits: RiskLimits | None,
        report: Report,
    ) -> None:
        self.at = 0
        self.now_ns = int(recording.times_ns[0])
        self.fills: list[Fill] = []
        self.events: list[OrderEvent] = []
        self.queue: list[tuple[int, int, int, int]] = []
        self.queue_of: dict[int, list[tuple[int, int]]] = {}
        self.risk = None if limits is None else RiskEngine(limits.rules)
        self.orders: dict[int, Order] = {}
        self.shadows = Shadows(
            recording,
            model=queue,
            self_trade=self_trade,
            seed=seed,
            on_fill=self._filled,
            on_event=self._happened,
            on_queue=self._moved,
        )
        self._recording = recording
        self._fees = fees
        self._report = report
        self._trades = [_rows_of(recording, symbol, trades=True) for symbol in range(len(recording.symbols))]
        one = len(recording.symbols) == 1
        self._rows = [
            [] if one else _rows_of(recording, symbol, trades=False)
            for symbol in range(len(recording.symbols))
        ]

    def apply(self, number: int) -> None:
        """Apply a recorded change that may concern an order; `at` must be `number` + 1."""
        recording = self._recording
        time_ns, _, price, lots, entered, _, symbol, side, kind = recording.changes.item(number)
        before, after = int(recording.before[number]), int(recording.after[number])
        change = Change(number, time_ns, kind, price, lots, entered, before, after)
        self.now_ns = time_ns
        code = 2 * symbol + side
        if kind == _ADD:
            self.shadows.crossed(code ^ 1, change)
        elif kind in {_TRADE, _PRINT}:
            self.shadows.trade(code, change)
        elif kind == _HIDDEN:
            self.shadows.hidden_trade(symbol, change)
        elif kind != _CROSS:
            self.shadows.level(code, change)
            if kind == _LEVEL and after > before:
                self.shadows.crossed(code ^ 1, change)

    def submit(self, order: Order, now_ns: int) -> None:
        """A new order arrives."""
        self.now_ns = now_ns
        order.open_lots = order.lots
        self.orders[order.order_id] = order
        touch = self.touch(order.symbol)
        watched = self._watch(order, touch)
        if watched is not None and self.risk is not None and not self.risk.check(watched):
            order.done = True
            self._happened(order, OrderEventKind.REJECTED, Reason.RISK, order.open_lots)
            return
        self.shadows.arrive(order, self.at, touch)
        self._open(order, watched)

    def cancel(self, order_id: int, now_ns: int) -> None:
        """A cancel arrives."""
        self.now_ns = now_ns
        order = self.orders.get(order_id)
        if order is None or order.done:
            self._refuse(order_id, order)
        else:
            self.shadows.remove(order, Reason.REQUESTED)

    def replace(self, order_id: int, lots: int, price_ticks: int, *, now_ns: int) -> None:
        """A change of an order arrives; without its place it is checked like a new order."""
        self.now_ns = now_ns
        order = self.orders.get(order_id)
        if order is None or order.done:
            self._refuse(order_id, order)
            return
        if price_ticks == order.price_ticks and lots <= order.open_lots:
            if lots < order.open_lots:
                if self.risk is not None:
                    self.risk.closed(order.symbol, order_id, order.open_lots - lots, overlay=True)
                order.open_lots = lots
            self._happened(order, OrderEventKind.REPLACED, Reason.NONE, lots)
            return
        if self.risk is not None:
            self.risk.closed(order.symbol, order_id, overlay=True)
        self.shadows.withdraw(order)
        order.price_ticks, order.open_lots = price_ticks, lots
        touch = self.touch(order.symbol)
        watched = self._watch(order, touch)
        if watched is not None and self.risk is not None and not self.risk.check(watched):
            order.done = True
            self._happened(order, OrderEventKind.CANCELLED, Reason.RISK, lots)
            return
        self.shadows.arrive(order, self.at, touch, OrderEventKind.REPLACED)
        self._open(order, watched)

    def touch(self, symbol: int) -> tuple[int, int, int, int]:
        """The recorded touch of a symbol now."""
        rows = self._rows[symbol]
        last = bisect_left(rows, self.at) - 1 if rows else self.at - 1
        if last < 0:
            return NO_PRICE, 0, NO_PRICE, 0
        found: Any = self._recording.touches.item(rows[last] if rows else last)
        bid, bid_lots, ask, ask_lots = found
        return bid, bid_lots, ask, ask_lots

    def finish(self) -> None:
        """The end of the recording: what still rests is cancelled."""
        self.now_ns = int(self._recording.times_ns[-1])
        for side in self.shadows.sides:
            for order in tuple(side):
                self.shadows.remove(order, Reason.END)

    def records(self) -> tuple[NDArray[np.void], NDArray[np.void], NDArray[np.void]]:
        """The fills, events and queue positions as records."""
        return (
            np.array(self.fills, dtype=FILL),
            np.array(self.events, dtype=ORDER_EVENT),
            np.array(self.queue, dtype=QUEUE_POSITION),
        )

    def _watch(self, order: Order, touch: tuple[int, int, int, int]) -> RiskOrder | None:
        """The order as the limits see it; a market order has the price that it meets first."""
        if self.risk is None:
            return None
        last = bisect_left(self._trades[order.symbol], self.at) - 1
        if last >= 0:
            price = int(self._recording.changes["price_ticks"][self._trades[order.symbol][last]])
            self.risk.traded(order.symbol, price)
        price, best = order.price_ticks, touch[2] if order.side == _BUY else touch[0]
        if abs(price) == UNKNOWN_AHEAD:
            price = best if best != NO_PRICE else 0
        return RiskOrder(
            self.now_ns,
            STRATEGY,
            order.symbol,
            order.side,
            order.open_lots,
            price,
            order.order_id,
            overlay=True,
        )

    def _open(self, order: Order, watched: RiskOrder | None) -> None:
        if self.risk is not None and watched is not None and order.resting:
            self.risk.opened(
                RiskOrder(
                    watched.time_ns, STRATEGY, order.symbol, order.side, order.open_lots, order.price_ticks,
                    order.order_id, overlay=True,
                )
            )  # fmt: skip

    def _filled(self, order: Order, price: int, lots: int, number: int, taker: bool) -> None:
        fee = self._fees.of_fill(price, lots, taker=taker)
        fill = Fill(
            self.now_ns, order.order_id, price, lots, fee, number, order.symbol, order.side, int(taker)
        )
        self.fills.append(fill)
        if self.risk is not None:
            if taker:
                watched = RiskOrder(
                    self.now_ns, STRATEGY, order.symbol, order.side, lots, price, order.order_id, overlay=True
                )
                self.risk.took(watched, lots)
            else:
                self.risk.filled(order.symbol, order.order_id, lots, overlay=True)
        self._record(order, OrderEventKind.FILLED, Reason.NONE, lots)
        self._report(fill)

    def _happened(self, order: Order, kind: OrderEventKind, reason: Reason, lots: int) -> None:
        if self.risk is not None and kind is OrderEventKind.CANCELLED:
            self.risk.closed(order.symbol, order.order_id, lots, overlay=True)
        self._report(self._record(order, kind, reason, lots))

    def _refuse(self, order_id: int, order: Order | None) -> None:
        known = order or Order(order_id, 0, 0, 0, 0)
        self._report(self._record(known, OrderEventKind.REFUSED_CHANGE, Reason.UNKNOWN_ORDER, 0))

    def _record(self, order: Order, kind: OrderEventKind, reason: Reason, lots: int) -> OrderEvent:
        event = OrderEvent(
            self.now_ns,
            order.order_id,
            order.price_ticks,
            lots,
            _shown_ahead(order),
            order.symbol,
            order.side,
            int(kind),
            int(reason),
        )
        self.events.append(event)
        return event

    def _moved(self, order: Order) -> None:
        order_id, ahead = order.order_id, _shown_ahead(order)
        self.queue.append((self.now_ns, order_id, ahead, order.open_lots))
        samples = self.queue_of.get(order_id)
        if samples is None:
            self.queue_of[order_id] = [(self.at, ahead)]
        else:
            samples.append((self.at, ahead))


def _shown_ahead(order: Order) -> int:
    return order.ahead_lots if order.resting and order.ahead_lots < UNKNOWN_AHEAD else -1


def _rows_of(recording: Recording, symbol: int, *, trades: bool) -> list[int]:
    """The indices of the changes of a symbol, all or those that are trades."""
    chosen = recording.changes["symbol"] == symbol
    if trades:
        chosen &= np.isin(recording.changes["kind"], (_TRADE, _PRINT, _HIDDEN))
    found: list[int] = np.flatnonzero(chosen).tolist()
    return found
