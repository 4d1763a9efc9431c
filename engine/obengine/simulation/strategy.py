"""What a strategy is, and what it sees and does: its market."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final, NamedTuple, Protocol

from obengine.api.errors import WorkloadError
from obengine.api.messages import Side
from obengine.simulation.orders import Fill, Order, OrderEvent


class Touch(NamedTuple):
    """The best buy and sell level as a strategy sees it; an empty side has `NO_PRICE` and 0 lots."""

    bid_ticks: int
    bid_lots: int
    ask_ticks: int
    ask_lots: int


class Trade(NamedTuple):
    """A recorded trade as a strategy sees it: `side` is that of the resting order, 2 if unknown."""

    time_ns: int
    symbol: int
    price_ticks: int
    lots: int
    side: int
    hidden: bool


class Market(Protocol):
    """What a strategy may ask and do; everything it sees has travelled for the latency of the feed."""

    @property
    def now_ns(self) -> int:
        """The strategy's clock."""
        ...

    @property
    def symbols(self) -> tuple[str, ...]:
        """The name of each symbol index."""
        ...

    def touch(self, symbol: int = 0) -> Touch:
        """The best levels."""
        ...

    def levels(self, side: Side, count: int, symbol: int = 0) -> list[tuple[int, int]]:
        """At most `count` levels of a side, best first: price and lots."""
        ...

    def position(self, symbol: int = 0) -> int:
        """Bought minus sold lots, as far as fills were reported."""
        ...

    def orders(self, symbol: int = 0) -> list[Order]:
        """The own orders that are not known to be over, oldest first."""
        ...

    def ahead(self, order_id: int) -> int | None:
        """The lots ahead of an order as the feed shows it; None if unknown, or not in a queue."""
        ...

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
        """Send an order; returns its id. Without a price it is a market order (and `ioc`)."""
        ...

    def cancel(self, order_id: int) -> None:
        """Send a cancel."""
        ...

    def replace(self, order_id: int, lots: int, price_ticks: int) -> None:
        """Send new open lots and a new limit; fewer lots at the same limit keep the place in the queue."""
        ...

    def set_timer(self, at_ns: int, tag: str = "") -> None:
        """Ask for `on_timer` at a time; a time that has passed means now."""
        ...

    def random(self, bound: int) -> int:
        """A seeded whole number from 0 to `bound - 1`."""
        ...


class Strategy:
    """Base of strategies: override what is needed. What is not overridden costs nothing."""

    def on_start(self, market: Market) -> None:
        """Before the first change is seen."""

    def on_touch(self, market: Market, symbol: int) -> None:
        """The best levels of a symbol changed."""

    def on_trade(self, market: Market, trade: Trade) -> None:
        """A recorded trade."""

    def on_change(self, market: Market, symbol: int) -> None:
        """Any change of the recorded book of a symbol."""

    def on_fill(self, market: Market, fill: Fill) -> None:
        """An own order traded."""

    def on_order(self, market: Market, event: OrderEvent) -> None:
        """Anything else became of an own order."""

    def on_timer(self, market: Market, tag: str) -> None:
        """A time that was asked for has come."""

    def on_end(self, market: Market) -> None:
        """After the last change was seen; orders that are sent now do not arrive."""


HOOKS: Final = tuple(name for name in vars(Strategy) if name.startswith("on_"))
"""The methods of a strategy that a simulation calls."""

_ALIKE: Final = 0.75


def require_strategy(strategy: object) -> None:
    """Refuse what is no strategy, and one with a method that is a misspelt hook: it is never called.

    Raises:
        WorkloadError: the message says what was probably meant.
    """
    if isinstance(strategy, type) and issubclass(strategy, Strategy):
        raise WorkloadError(f"{strategy.__name__} is a class; a simulation needs a {strategy.__name__}()")
    if not isinstance(strategy, Strategy):
        raise WorkloadError(f"a {type(strategy).__name__} is not an obengine.Strategy")
    meant = {_letters(name): name for name in HOOKS}
    for name in sorted({*dir(type(strategy)), *vars(strategy)} - {*dir(Strategy)}):
        if not _letters(name).startswith("on") or not callable(getattr(strategy, name, None)):
            continue
        # Without the `on` that all of them share: names of helpers such as `on_quote` are like no hook.
        close = get_close_matches(_letters(name)[2:], [each[2:] for each in meant], n=1, cutoff=_ALIKE)
        if close:
            raise WorkloadError(
                f"{type(strategy).__name__}.{name} is never called: did you mean {meant[f'on{close[0]}']!r}?"
            )


def _letters(name: str) -> str:
    return name.lower().replace("_", "")
