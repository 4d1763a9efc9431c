"""The orders of a strategy in the recorded book: their places, and what the recording fills.

The recording is never changed. An order is filled
* when a recorded trade takes lots behind it in its queue, or at a worse price (a trade-through): at most the
  lots of that trade, at its own limit; of a hidden order, only at a worse price;
* when a recorded order arrives that crosses its limit: at most the lots of that order, at its own limit;
* on arrival, by recorded lots at its limit or better, at their prices. Lots that were taken stay taken: they
  are not there for a second order, for as long as they are in the recording.

Each recorded lot fills at most one lot of the strategy, best price and then earliest order first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from obengine.api.messages import NO_PRICE, SelfTrade, Side
from obengine.feeds.order_flow import ChangeKind
from obengine.simulation.level_lookup import LevelLookup
from obengine.simulation.orders import UNKNOWN_AHEAD, Order, OrderEventKind, Reason
from obengine.simulation.queue_models import CancelShare, QueueModel
from obengine.simulation.recording import Recording

_ADD, _CANCEL, _TRADE, _PRINT, _HIDDEN, _CROSS, _LEAVE, _ADOPT, _LEVEL = (int(kind) for kind in ChangeKind)
_BUY: Final = int(Side.BUY)
_WALKED: Final = 1_000
"""The most levels that one order takes."""


class Change(NamedTuple):
    """A recorded change, with the lots of its price before and after it."""

    number: int
    time_ns: int
    kind: int
    price_ticks: int
    lots: int
    entered: int
    before: int
    after: int


@dataclass(slots=True, eq=False)
class _Taken:
    """Recorded lots that an order took, and the recorded lots of the time that are still there."""

    price_ticks: int
    lots: int
    left: int
    placed: int


OnFill = Callable[[Order, int, int, int, bool], None]
"""Order, price, lots, number of the change, whether it took."""
OnEvent = Callable[[Order, OrderEventKind, Reason, int], None]
"""Order, kind, reason, lots."""
OnQueue = Callable[[Order], None]


class Shadows:
    """The resting orders of all symbols.

    Attributes:
        sides: for each code (2 x symbol + side), the resting orders, best price and then earliest first.
        prices: for each code, how many orders and taken lots there are at a price.
        unknown_places: recorded lots that left a queue of an order from a place that nobody knows.
    """

    def __init__(
        self,
        recording: Recording,
        *,
        model: QueueModel,
        self_trade: SelfTrade,
        seed: int,
        on_fill: OnFill,
        on_event: OnEvent,
        on_queue: OnQueue,
    ) -> None:
        codes = 2 * len(recording.symbols)
        self.sides: list[list[Order]] = [[] for _ in range(codes)]
        self.prices: list[dict[int, int]] = [{} for _ in range(codes)]
        self.unknown_places = 0
        self._taken: list[list[_Taken]] = [[] for _ in range(codes)]
        self._recording = recording
        self._lookup = LevelLookup(recording)
        self._exact = model is QueueModel.EXACT
        self._share = CancelShare(seed) if model is QueueModel.PROBABILITY else None
        self._self_trade = self_trade
        self._on_fill, self._on_event, self._on_queue = on_fill, on_event, on_queue

    @property
    def lookup(self) -> LevelLookup:
        """The recorded levels."""
        return self._lookup

    # --- the recording moves ---

    def trade(self, code: int, change: Change) -> None:
        """A recorded trade with a displayed order of side `code`."""
        price, used, kind = change.price_ticks, 0, change.kind
        for order in tuple(self.sides[code]):
            reach = change.lots - used
            if order.price_ticks == price:
                if self._exact and kind == _TRADE:
                    if change.entered < order.placed:
                        self._advance(order, change.lots)
                        self.unknown_places += change.lots if change.entered < 0 else 0
                        continue
                else:
                    ahead = min(order.ahead_lots, reach)
                    reach -= ahead
                    order.credit += ahead if kind == _PRINT else 0
                    self._advance(order, ahead)
            elif not _is_better(code, order.price_ticks, price):
                break
            lots = min(order.open_lots, reach)
            if lots > 0:
                used += lots
                self._fill(order, order.price_ticks, lots, change.number, taker=False)
        self._shrink_taken(code, change)

    def hidden_trade(self, symbol: int, change: Change) -> None:
        """A recorded trade with a hidden order, of which feeds do not always know the side.

        It fills orders with a strictly better limit than its price, on either side: they would have traded
        first. At the same price it is not known whether it was on their side.
        """
        for code in (2 * symbol, 2 * symbol + 1):
            left = change.lots
            for order in tuple(self.sides[code]):
                if left <= 0 or not _is_better(code, order.price_ticks, change.price_ticks):
                    break
                lots = min(order.open_lots, left)
                left -= lots
                self._fill(order, order.price_ticks, lots, change.number, taker=False)

    def level(self, code: int, change: Change) -> None:
        """Lots of a price of side `code` where orders rest were cancelled, or came and went in the window."""
        kind, price = change.kind, change.price_ticks
        for order in self.sides[code]:
            if order.price_ticks != price or not order.ahead_lots:
                continue
            before = order.ahead_lots
            if kind == _ADOPT:
                order.ahead_lots = min(before, change.after)
            elif kind == _LEAVE:
                continue
            elif self._exact:
                if kind == _CANCEL and change.entered < order.placed:
                    self.unknown_places += change.lots if change.entered < 0 else 0
                    used = min(order.credit, change.lots)
                    order.credit -= used
                    order.ahead_lots = max(0, before - (change.lots - used))
            else:
                self._shrink_ahead(order, change)
            if order.ahead_lots != before:
                self._on_queue(order)
        self._shrink_taken(code, change)

    def crossed(self, code: int, change: Change) -> None:
        """Lots were added on the other side of `code`, at a price that its best order crosses."""
        left = change.lots if change.kind != _LEVEL else change.after - change.before
        for order in tuple(self.sides[code]):
            if left <= 0 or _is_better(code, change.price_ticks, order.price_ticks):
                break
            lots = min(order.open_lots, left)
            left -= lots
            self._fill(order, order.price_ticks, lots, change.number, taker=False)

    # --- orders arrive ---

    def arrive(
        self,
        order: Order,
        at: int,
        touch: tuple[int, int, int, int],
        event: OrderEventKind = OrderEventKind.ACCEPTED,
    ) -> None:
        """A new order, or one that lost its place, after `at` recorded changes with this touch."""
        code = 2 * order.symbol + order.side
        best = touch[2] if order.side == _BUY else touch[0]
        crosses = best != NO_PRICE and not _is_better(code, best, order.price_ticks)
        own = self.sides[code ^ 1]
        meets_own = bool(own) and not _is_better(code, own[0].price_ticks, order.price_ticks)
        if order.post_only and (crosses or meets_own):
            order.done = True
            self._on_event(order, OrderEventKind.REJECTED, Reason.WOULD_TAKE, order.open_lots)
            return
        self._on_event(order, event, Reason.NONE, order.open_lots)
        if crosses or meets_own:
            self._take(order, code ^ 1, at, best)
        if order.open_lots and not order.done:
            if order.ioc:
                self.remove(order, Reason.IMMEDIATE)
            else:
                self._rest(order, code, at)

    def remove(self, order: Order, reason: Reason, lots: int | None = None) -> None:
        """Cancel lots of an order; None cancels all."""
        code = 2 * order.symbol + order.side
        removed = order.open_lots if lots is None else lots
        order.open_lots -= removed
        if not order.open_lots:
            self._leave(order, code)
        self._on_event(order, OrderEventKind.CANCELLED, reason, removed)

    def withdraw(self, order: Order) -> None:
        """Take an order from its place without an end: it arrives again."""
        self._leave(order, 2 * order.symbol + order.side)
        order.done = False

    # --- details ---

    def _rest(self, order: Order, code: int, at: int) -> None:
        order.placed, order.resting, order.credit = at, True, 0
        order.ahead_lots = self._ahead(order, code, at)
        orders, price = self.sides[code], order.price_ticks
        place = len(orders)
        while place and _is_better(code, price, orders[place - 1].price_ticks):
            place -= 1
        orders.insert(place, order)
        self._count(code, price, 1)
        self._on_queue(order)

    def _ahead(self, order: Order, code: int, at: int) -> int:
        lots = self._lookup.lots(code, order.price_ticks, at)
        if lots or not at:
            return lots
        edge = int(self._recording.edges[at - 1, order.side])
        outside = edge != NO_PRICE and _is_better(code, edge, order.price_ticks)
        return UNKNOWN_AHEAD if outside else 0

    def _take(self, order: Order, code: int, at: int, best: int) -> None:
        """Trade with recorded lots and own orders of the other side `code`, best first."""
        levels = dict(
            self._lookup.levels(code, at, best=best, limit=order.price_ticks, count=_WALKED)
            if best != NO_PRICE
            else ()
        )
        own = [
            each for each in self.sides[code] if not _is_better(code ^ 1, each.price_ticks, order.price_ticks)
        ]
        prices = {*levels, *(each.price_ticks for each in own)}
        for price in sorted(prices, reverse=code % 2 == _BUY):
            free = levels.get(price, 0) - self._taken_lots(code, price)
            passed = 0
            for each in [one for one in own if one.price_ticks == price]:
                ahead = min(free, max(0, each.ahead_lots - passed))
                passed += ahead
                free -= self._take_recorded(order, code, price, min(ahead, free), at)
                if order.open_lots and each.open_lots:
                    self._meet_own(order, each, at)
                if not order.open_lots or order.done:
                    return
            self._take_recorded(order, code, price, free, at)
            if not order.open_lots:
                return

    def _take_recorded(self, order: Order, code: int, price: int, available: int, at: int) -> int:
        lots = min(order.open_lots, available)
        if lots <= 0:
            return 0
        held = self._lookup.lots(code, price, at)
        self._taken[code].append(_Taken(price, lots, held, at))
        self._count(code, price, 1)
        self._fill(order, price, lots, at - 1, taker=True)
        return lots

    def _meet_own(self, order: Order, resting: Order, at: int) -> None:
        """Two orders of the strategy would trade with each other."""
        lots = min(order.open_lots, resting.open_lots)
        mode = self._self_trade
        if mode is SelfTrade.NONE:
            price = resting.price_ticks
            self._fill(resting, price, lots, at - 1, taker=False)
            self._fill(order, price, lots, at - 1, taker=True)
            return
        if mode in {SelfTrade.OLDEST, SelfTrade.BOTH, SelfTrade.DECREMENT}:
            self.remove(resting, Reason.SELF_TRADE, lots if mode is SelfTrade.DECREMENT else None)
        if mode in {SelfTrade.NEWEST, SelfTrade.BOTH, SelfTrade.DECREMENT}:
            self.remove(order, Reason.SELF_TRADE, lots if mode is SelfTrade.DECREMENT else None)

    def _fill(self, order: Order, price: int, lots: int, number: int, *, taker: bool) -> None:
        order.open_lots -= lots
        if not order.open_lots:
            self._leave(order, 2 * order.symbol + order.side)
        self._on_fill(order, price, lots, number, taker)

    def _leave(self, order: Order, code: int) -> None:
        order.done = True
        if order.resting:
            order.resting = False
            self.sides[code].remove(order)
            self._count(code, order.price_ticks, -1)

    def _advance(self, order: Order, lots: int) -> None:
        if order.ahead_lots and lots:
            order.ahead_lots = max(0, order.ahead_lots - lots)
            self._on_queue(order)

    def _shrink_ahead(self, order: Order, change: Change) -> None:
        """Fewer lots at a level whose orders are not known one by one."""
        if change.kind == _LEVEL:
            gone = change.before - change.after - order.credit
            had, order.credit = change.before - order.credit, 0
        else:
            used = min(order.credit, change.lots)
            order.credit -= used
            gone, had = change.lots - used, change.before - used
        if self._share is not None and gone > 0:
            behind = max(0, had - order.ahead_lots)
            order.ahead_lots -= self._share.ahead(gone, order.ahead_lots, behind)
        order.ahead_lots = min(order.ahead_lots, change.after)

    def _taken_lots(self, code: int, price: int) -> int:
        return sum(min(each.lots, each.left) for each in self._taken[code] if each.price_ticks == price)

    def _shrink_taken(self, code: int, change: Change) -> None:
        """Recorded lots that were taken leave the recording."""
        gone = []
        for each in self._taken[code]:
            if each.price_ticks != change.price_ticks:
                continue
            removed = change.kind in {_CANCEL, _TRADE} and change.entered < each.placed
            if removed and self._exact:
                each.left -= change.lots
            else:
                each.left = min(each.left, change.after)
            if each.left <= 0:
                gone.append(each)
        for each in gone:
            self._taken[code].remove(each)
            self._count(code, each.price_ticks, -1)

    def _count(self, code: int, price: int, by: int) -> None:
        counts = self.prices[code]
        counts[price] = counts.get(price, 0) + by
        if not counts[price]:
            del counts[price]


def _is_better(code: int, price: int, other: int) -> bool:
    """Whether a price of side `code` comes before another one."""
    return price < other if code & 1 else price > other
