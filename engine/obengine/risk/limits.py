"""Risk limits in event time: checks orders against limits and records breaches.

Every order of a participant is checked before it counts. An order that exceeds a limit gives a *breach*, a
record with the limit, the value and the time. The caller decides whether the order is still applied
(recorded orders are; those of a live agent are not). All arithmetic is in integers, so the same stream
gives the same breaches everywhere.

======================= ================================================================================
limit                   value that is compared with it
======================= ================================================================================
inventory_lots          position in the symbol if all open orders of that side were filled
gross_notional          price x lots of all open orders and of all positions at the last trade
open_orders             open orders, including this one
orders_per_s, burst     a token bucket: initially `burst` tokens, refilled in event time, one per order
collar_ticks            distance of the order's price from the symbol's last trade
kill_after_breaches     breaches so far; from then on all orders of the participant are rejected
loss, drawdown          loss since the start, and since the best moment, of a simulated strategy or market
                        maker (ticks x lots); found after the run (`obengine.risk.profit_limits`)
======================= ================================================================================

A change of an open order that adds lots or changes its price is checked like a new order that replaces it;
a change to fewer lots at the same price is always allowed.

A rule without a participant applies to each participant separately; a rule without a symbol applies to the
sum over all symbols (its inventory limit: to each symbol separately).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from obengine.api.messages import Side

_NANOS: Final = 10**9


class BreachKind(StrEnum):
    """The limit that was exceeded."""

    INVENTORY = "inventory"
    GROSS_NOTIONAL = "gross-notional"
    OPEN_ORDERS = "open-orders"
    ORDER_RATE = "order-rate"
    PRICE_COLLAR = "price-collar"
    KILL_SWITCH = "kill-switch"
    LOSS = "loss"
    DRAWDOWN = "drawdown"


@dataclass(frozen=True, slots=True)
class Breach:
    """An order that exceeded a limit.

    A LOSS or DRAWDOWN has order 0, and the time from which on it was exceeded.
    """

    kind: BreachKind
    time_ns: int
    participant: int
    symbol: int
    order_id: int
    limit: int
    value: int


@dataclass(frozen=True, slots=True)
class RiskRule:
    """Limits for a participant (None: each) in a symbol (None: all together); None is unlimited."""

    participant: int | None = None
    symbol: int | None = None
    inventory_lots: int | None = None
    gross_notional: int | None = None
    open_orders: int | None = None
    orders_per_s: int | None = None
    burst: int = 1
    collar_ticks: int | None = None
    kill_after_breaches: int | None = None
    loss: int | None = None
    drawdown: int | None = None


@dataclass(frozen=True, slots=True)
class RiskOrder:
    """An order as checked by the limits.

    Attributes:
        overlay: the order belongs to a synthetic agent and is not in the recorded book; agents have their own
            order ids, which may equal recorded ids.
    """

    time_ns: int
    participant: int
    symbol: int
    side: int
    qty_lots: int
    price_ticks: int
    order_id: int
    overlay: bool = False


@dataclass(slots=True)
class _Account:
    """The state of one rule for one participant."""

    bucket_nanotokens: int
    filled_at_ns: int
    breaches: int = 0
    killed: bool = False


@dataclass(slots=True)
class Watched:
    """What a rule was applied to: new and changed orders, and fills of its participants."""

    orders: int = 0
    fills: int = 0


@dataclass(slots=True)
class _Holdings:
    """The position and open orders of one participant in one symbol."""

    position: int = 0
    open_lots: list[int] = field(default_factory=lambda: [0, 0])
    open_orders: int = 0
    open_notional: int = 0


class RiskEngine:
    """Tracks positions and open orders by participant and symbol, and checks orders against rules.

    Attributes:
        breaches: all breaches, in order.
        refused_after_kill: number of orders after the kill switch of their participant.
        watched: for each rule, what it was applied to.
    """

    def __init__(self, rules: tuple[RiskRule, ...]) -> None:
        self.breaches: list[Breach] = []
        self.refused_after_kill = 0
        self.watched = tuple(Watched() for _ in rules)
        self._rules = rules
        self._accounts: dict[tuple[int, int], _Account] = {}
        self._holdings: dict[int, dict[int, _Holdings]] = {}
        self._orders: dict[tuple[bool, int, int], list[int]] = {}
        self._last: dict[int, int] = {}

    def traded(self, symbol: int, price_ticks: int) -> None:
        """Record a trade: the price at which positions are valued and from which collars are measured."""
        self._last[symbol] = price_ticks

    def last_ticks(self, symbol: int) -> int | None:
        """The price of the symbol's last trade, or None before the first."""
        return self._last.get(symbol)

    def position_lots(self, participant: int, symbol: int) -> int:
        """The bought minus the sold lots of a participant."""
        held = self._holdings.get(participant, {}).get(symbol)
        return held.position if held else 0

    def check(self, order: RiskOrder) -> bool:
        """Whether an order satisfies all limits; breaches are recorded."""
        passed = True
        for number, rule in enumerate(self._rules):
            if applies(rule, order.participant, order.symbol):
                self.watched[number].orders += 1
                passed &= self._check_rule(number, rule, order)
        return passed

    def check_change(self, symbol: int, order_id: int, time_ns: int, qty_lots: int, price_ticks: int) -> bool:
        """Whether a change of an open order satisfies all limits; breaches are recorded.

        A change of an order without a known owner is allowed.
        """
        known = self._orders.get((False, symbol, order_id))
        if known is None:
            return True
        participant, side, open_lots, price = known
        if price_ticks == price and qty_lots <= open_lots:
            return True
        order = RiskOrder(time_ns, participant, symbol, side, open_lots, price, order_id)
        self.closed(symbol, order_id)
        passed = self.check(replace(order, qty_lots=qty_lots, price_ticks=price_ticks))
        self.opened(order)
        return passed

    def changed(self, symbol: int, order_id: int, qty_lots: int, price_ticks: int) -> None:
        """Record the new quantity and price of an open order, regardless of its check."""
        known = self._orders.get((False, symbol, order_id))
        if known is not None:
            participant, side, *_ = known
            self.closed(symbol, order_id)
            self.opened(RiskOrder(0, participant, symbol, side, qty_lots, price_ticks, order_id))

    def opened(self, order: RiskOrder) -> None:
        """Record a resting order, regardless of its check."""
        held = self._held(order.participant, order.symbol)
        held.open_lots[order.side] += order.qty_lots
        held.open_orders += 1
        held.open_notional += order.qty_lots * abs(order.price_ticks)
        self._orders[order.overlay, order.symbol, order.order_id] = [
            order.participant,
            order.side,
            order.qty_lots,
            order.price_ticks,
        ]

    def closed(
        self, symbol: int, order_id: int, qty_lots: int | None = None, *, overlay: bool = False
    ) -> None:
        """Record cancelled lots of an open order; None is all of them."""
        self._reduce((overlay, symbol, order_id), qty_lots)

    def filled(self, symbol: int, order_id: int, qty_lots: int, *, overlay: bool = False) -> int:
        """Record traded lots of an open order; return the lots by which the owner's position changed."""
        reduced = self._reduce((overlay, symbol, order_id), qty_lots)
        if reduced is None:
            return 0
        participant, side, lots = reduced
        self._held(participant, symbol).position += lots if side == Side.BUY else -lots
        self._count_fill(participant, symbol)
        return lots

    def owner(self, symbol: int, order_id: int) -> tuple[int, int] | None:
        """Participant and side of an open recorded order whose owner is known."""
        known = self._orders.get((False, symbol, order_id))
        return None if known is None else (known[0], known[1])

    def busted(self, participant: int, symbol: int, lots: int) -> None:
        """Take lots of a busted trade, bought ones above 0, out of a position again."""
        self._held(participant, symbol).position -= lots

    def took(self, order: RiskOrder, qty_lots: int) -> None:
        """Record lots of an order that traded on arrival."""
        held = self._held(order.participant, order.symbol)
        held.position += qty_lots if order.side == Side.BUY else -qty_lots
        self._count_fill(order.participant, order.symbol)

    def _count_fill(self, participant: int, symbol: int) -> None:
        for number, rule in enumerate(self._rules):
            if applies(rule, participant, symbol):
                self.watched[number].fills += 1

    def _reduce(self, key: tuple[bool, int, int], qty_lots: int | None) -> tuple[int, int, int] | None:
        order = self._orders.get(key)
        if order is None:
            return None
        participant, side, open_lots, price = order
        lots = open_lots if qty_lots is None else min(qty_lots, open_lots)
        held = self._held(participant, key[1])
        held.open_lots[side] -= lots
        held.open_notional -= lots * abs(price)
        order[2] -= lots
        if not order[2]:
            held.open_orders -= 1
            del self._orders[key]
        return participant, side, lots

    def _held(self, participant: int, symbol: int) -> _Holdings:
        return self._holdings.setdefault(participant, {}).setdefault(symbol, _Holdings())

    def _check_rule(self, number: int, rule: RiskRule, order: RiskOrder) -> bool:
        key = (number, order.participant)
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = _Account(rule.burst * _NANOS, order.time_ns)
        if account.killed:
            self.refused_after_kill += 1
            return False
        broken = [
            (kind, limit, value)
            for kind, limit, value in self._values(rule, account, order)
            if limit is not None and value > limit
        ]
        for kind, limit, value in broken:
            self._breach(kind, order, limit, value)
        account.breaches += len(broken)
        most = rule.kill_after_breaches
        if most is not None and broken and account.breaches >= most:
            account.killed = True
            self._breach(BreachKind.KILL_SWITCH, order, most, account.breaches)
        return not broken

    def _values(
        self, rule: RiskRule, account: _Account, order: RiskOrder
    ) -> list[tuple[BreachKind, int | None, int]]:
        mine = self._holdings.get(order.participant, {})
        scope = [held for symbol, held in mine.items() if rule.symbol in {None, symbol}]
        notional = order.qty_lots * abs(order.price_ticks) + sum(held.open_notional for held in scope)
        if rule.gross_notional is not None:
            notional += sum(
                abs(held.position * self._last.get(symbol, 0))
                for symbol, held in mine.items()
                if rule.symbol in {None, symbol}
            )
        last = self._last.get(order.symbol, order.price_ticks)
        return [
            (BreachKind.INVENTORY, rule.inventory_lots, self._worst_position(mine, order)),
            (BreachKind.GROSS_NOTIONAL, rule.gross_notional, notional),
            (BreachKind.OPEN_ORDERS, rule.open_orders, 1 + sum(held.open_orders for held in scope)),
            (BreachKind.ORDER_RATE, rule.orders_per_s, self._rate(rule, account, order.time_ns)),
            (BreachKind.PRICE_COLLAR, rule.collar_ticks, abs(order.price_ticks - last)),
        ]

    def _worst_position(self, mine: dict[int, _Holdings], order: RiskOrder) -> int:
        held = mine.get(order.symbol)
        position, waiting = (held.position, held.open_lots[order.side]) if held else (0, 0)
        lots = waiting + order.qty_lots
        return position + lots if order.side == Side.BUY else lots - position

    def _rate(self, rule: RiskRule, account: _Account, time_ns: int) -> int:
        """Take a token; return 0 if there was one, else the limit plus 1 as the requested rate."""
        rate = rule.orders_per_s
        if rate is None:
            return 0
        gained = (time_ns - account.filled_at_ns) * rate
        account.bucket_nanotokens = min(account.bucket_nanotokens + gained, rule.burst * _NANOS)
        account.filled_at_ns = time_ns
        if account.bucket_nanotokens < _NANOS:
            return rate + 1
        account.bucket_nanotokens -= _NANOS
        return 0

    def _breach(self, kind: BreachKind, order: RiskOrder, limit: int, value: int) -> None:
        self.breaches.append(
            Breach(kind, order.time_ns, order.participant, order.symbol, order.order_id, limit, value)
        )


def applies(rule: RiskRule, participant: int, symbol: int) -> bool:
    """Whether a rule is about the orders of a participant in a symbol."""
    return rule.participant in {None, participant} and rule.symbol in {None, symbol}
