"""Small recordings, written order by order, and a strategy that does what a list says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from obengine.api.messages import Commands, Side
from obengine.api.orders import cancel, execute, new_order
from obengine.simulation.orders import Fill, OrderEvent
from obengine.simulation.recording import Recording, record_commands
from obengine.simulation.strategy import Market, Strategy

BUY, SELL = Side.BUY, Side.SELL
Plan = list[tuple[int, Callable[[Market], object]]]


def recorded(*rows: tuple[int, Commands], symbols: tuple[str, ...] = ("TEST",)) -> Recording:
    """Commands at times."""
    commands = np.concatenate([command for _, command in rows])
    times = [time for time, command in rows for _ in range(command.size)]
    return record_commands(commands, np.array(times, dtype=np.int64), symbols=symbols, core="reference")


def add(order_id: int, side: Side, lots: int, price: int, symbol: int = 0) -> Commands:
    """A recorded limit order."""
    return new_order(order_id, side, lots, price, symbol=symbol)


def gone(order_id: int, lots: int = 0, symbol: int = 0) -> Commands:
    """A recorded cancel."""
    return cancel(order_id, lots, symbol=symbol)


def traded(order_id: int, lots: int, symbol: int = 0) -> Commands:
    """A recorded execution."""
    return execute(order_id, lots, symbol=symbol)


class Planned(Strategy):
    """Does things at times, and keeps what it receives."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.fills: list[Fill] = []
        self.events: list[OrderEvent] = []
        self.heard_ns: list[int] = []

    def on_start(self, market: Market) -> None:
        """Set a timer for each entry of the plan."""
        for number, (time_ns, _) in enumerate(self.plan):
            market.set_timer(time_ns, str(number))

    def on_timer(self, market: Market, tag: str) -> None:
        """Do what was planned."""
        self.plan[int(tag)][1](market)

    def on_fill(self, market: Market, fill: Fill) -> None:
        """Keep it."""
        self.fills.append(fill)
        self.heard_ns.append(market.now_ns)

    def on_order(self, market: Market, event: OrderEvent) -> None:
        """Keep it."""
        self.events.append(event)
        self.heard_ns.append(market.now_ns)
