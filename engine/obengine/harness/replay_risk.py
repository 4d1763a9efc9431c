"""Risk limits over a replayed stream, with an optional synthetic market maker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from obengine.api.errors import LimitsError
from obengine.api.messages import Commands, EventKind, Op, OrderKind, Side
from obengine.harness.measure import MakeBook
from obengine.harness.outcome import INCONCLUSIVE, CheckResult, RiskOutcome
from obengine.risk.limits import Breach, BreachKind, RiskEngine, RiskOrder, Watched
from obengine.risk.limits_file import MAKER, RiskLimits
from obengine.risk.market_maker import MarketMaker
from obengine.risk.profit_limits import profit_breaches

Int64s = NDArray[np.int64]

_TRADED, _CANCELLED, _ACCEPTED, _MODIFIED, _REJECTED, _BUSTED = (
    int(kind)
    for kind in (
        EventKind.TRADED,
        EventKind.CANCELLED,
        EventKind.ACCEPTED,
        EventKind.MODIFIED,
        EventKind.REJECTED,
        EventKind.TRADE_BUSTED,
    )
)
_Changes = list[tuple[int, int, int]]
"""Participant, symbol, and lots by which the position changed, of each order of a trade."""


def apply_risk_limits(
    commands: Commands, times_ns: Int64s, make: MakeBook, limits: RiskLimits
) -> RiskOutcome:
    """Replay the commands one by one and check them against the limits.

    Loss and drawdown are limits of the market maker; without one, they make the limits file invalid.

    A busted trade leaves the positions of its owners again, not that of the market maker.
    Market orders, stops and orders of participant 0, which have no known owner, are not checked: a limit that
    was applied to no order makes the result inconclusive. Recorded orders and changes that exceed a
    limit are applied anyway; those of the market maker are not.
    """
    _require_profit(limits)
    risk = RiskEngine(limits.rules)
    maker = MarketMaker(limits.maker, risk) if limits.maker else None
    maker_symbol = limits.maker.symbol if limits.maker else -1
    points: list[tuple[int, int, int]] = []
    book = make()
    ledger = _TradeLedger(risk, keeps_trades=bool((commands["op"] == Op.BUST).any()))
    for at, time_ns in enumerate(times_ns.tolist()):
        one = commands[at : at + 1]
        order = _new_order(one, time_ns)
        _check_limits(risk, order, one, time_ns)
        arrival = None if order is None else _Arrival(order, order.qty_lots)
        first = book.next_sequence
        by_arrival = int(one[0]["op"]) != Op.EXECUTE
        for sequence, (kind, detail, symbol, lots, order_id, maker_id, price) in enumerate(
            book.apply(one).tolist(), first
        ):
            if kind == _TRADED:
                names = (maker_id, order_id) if by_arrival else (maker_id,)
                ledger.trade(sequence, symbol, lots, names, arrival)
                risk.traded(symbol, price)
                if maker is not None and symbol == maker_symbol:
                    maker.on_trade(time_ns, detail, lots, price)
                    points.append((time_ns, maker.position_lots, maker.cash + maker.position_lots * price))
            elif kind == _BUSTED:
                ledger.bust(order_id)
            elif arrival is not None and order_id == arrival.order.order_id:
                arrival.read(kind, lots, price)
            elif kind == _CANCELLED:
                risk.closed(symbol, order_id, lots)
            elif kind == _MODIFIED:
                risk.changed(symbol, order_id, lots, price)
        if arrival is not None and arrival.left_lots > 0:
            risk.opened(replace(arrival.order, qty_lots=arrival.left_lots))
    table = np.array(points, dtype=np.int64).reshape(-1, 3)
    times, inventory, pnl = (table[:, column].copy() for column in range(3))
    risk.breaches += profit_breaches(
        limits.rules, MAKER, lambda symbol: (times, pnl) if symbol in {None, maker_symbol} else None
    )
    return RiskOutcome(
        limits=limits,
        breaches=tuple(risk.breaches),
        check=risk_check(limits, risk.breaches, risk.watched, risk.refused_after_kill, _counts(maker)),
        series={"time_ns": times, "inventory_lots": inventory, "pnl": pnl},
    )


@dataclass(slots=True)
class _Arrival:
    """The order that arrives with a command, and its lots that are open."""

    order: RiskOrder
    left_lots: int

    def read(self, kind: int, lots: int, price_ticks: int) -> None:
        """Follow an event of this order: its limit can differ from what was sent, and it can be cancelled."""
        if kind == _ACCEPTED:
            self.order = replace(self.order, price_ticks=price_ticks)
        elif kind == _CANCELLED:
            self.left_lots -= lots
        elif kind == _REJECTED:
            self.left_lots = 0


class _TradeLedger:
    """Records trades in positions; if it keeps them, a bust takes them out again."""

    def __init__(self, risk: RiskEngine, keeps_trades: bool) -> None:
        self._risk, self._keeps = risk, keeps_trades
        self._changes: dict[int, _Changes] = {}

    def trade(
        self, sequence: int, symbol: int, lots: int, order_ids: tuple[int, ...], arrival: _Arrival | None
    ) -> None:
        """Record a trade of the orders that it names, one of them perhaps the order that arrives."""
        changes: _Changes = []
        for order_id in order_ids:
            if arrival is not None and order_id == arrival.order.order_id:
                changes.append(self._take(arrival, lots))
            else:
                changes += self._fill(symbol, order_id, lots)
        if self._keeps:
            self._changes[sequence] = changes

    def bust(self, trade_id: int) -> None:
        """Take a trade out of the positions."""
        for change in self._changes.pop(trade_id, []):
            self._risk.busted(*change)

    def _take(self, arrival: _Arrival, lots: int) -> tuple[int, int, int]:
        """Record traded lots of the order that arrives; return how its owner's position changed."""
        order = arrival.order
        self._risk.took(order, lots)
        arrival.left_lots -= lots
        return order.participant, order.symbol, lots if order.side == Side.BUY else -lots

    def _fill(self, symbol: int, order_id: int, lots: int) -> _Changes:
        """Record traded lots of an open order; return how its owner's position changed."""
        owner = self._risk.owner(symbol, order_id)
        filled = self._risk.filled(symbol, order_id, lots)
        return [] if owner is None else [(owner[0], symbol, filled if owner[1] == Side.BUY else -filled)]


def _require_profit(limits: RiskLimits) -> None:
    """Refuse limits of a profit that nobody makes."""
    of_profit = any(rule.loss is not None or rule.drawdown is not None for rule in limits.rules)
    if limits.maker is None and of_profit:
        raise LimitsError(f"{limits.name}: loss and drawdown need a [market_maker] or a strategy")


def _counts(maker: MarketMaker | None) -> dict[str, int]:
    if maker is None:
        return {}
    return {"maker-sent": maker.sent, "maker-refused": maker.refused, "maker-fills": maker.fills}


def _new_order(one: Commands, time_ns: int) -> RiskOrder | None:
    """The order of a NEW command, if it has an owner and a limit."""
    op, side, kind, _, symbol, _, lots, participant, order_id, price = one.tolist()[0]
    if op != Op.NEW or kind != OrderKind.LIMIT or not participant:
        return None
    return RiskOrder(time_ns, participant, symbol, side, lots, price, order_id)


def _check_limits(risk: RiskEngine, order: RiskOrder | None, one: Commands, time_ns: int) -> None:
    """Check a recorded new order, or a recorded change, against the limits."""
    if order is not None:
        risk.check(order)
        return
    op, _, _, _, symbol, _, lots, _, order_id, price = one.tolist()[0]
    if op == Op.MODIFY:
        risk.check_change(symbol, order_id, time_ns, lots, price)


def risk_check(
    limits: RiskLimits,
    breaches: Sequence[Breach],
    watched_by_rule: Sequence[Watched],
    refused_after_kill: int,
    more: Mapping[str, int],
) -> CheckResult:
    """Compare breaches with what the limits file expects; `more` are further counts."""
    found = Counter(str(breach.kind) for breach in breaches)
    counts = {f"breaches-{kind}": found[str(kind)] for kind in BreachKind}
    counts["refused-after-kill"] = refused_after_kill
    for number, watched in enumerate(watched_by_rule, start=1):
        counts |= {f"limit-{number}-orders": watched.orders, f"limit-{number}-fills": watched.fills}
    counts |= more
    expected = limits.expected or {}
    wrong = [f"{kind} {found[kind]}, not {n}" for kind, n in expected.items() if found[kind] != n]
    detail = "the breaches are those that the limits file expects"
    if limits.expected is None:
        detail = "the limits file expects nothing of the breaches"
    idle = [str(number) for number, watched in enumerate(watched_by_rule, start=1) if not watched.orders]
    if wrong:
        detail = f"breaches differ from what is expected: {'; '.join(wrong)}"
    elif idle:
        detail = f"limit {', '.join(idle)} was applied to no order: no such owner sent any"
        counts[INCONCLUSIVE] = len(idle)
    return CheckResult("risk-expectation", passed=not wrong and not idle, detail=detail, counts=counts)
