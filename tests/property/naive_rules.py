"""The rules of one symbol: the naive model's part for steps, bands and shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

from obengine.api.messages import NO_PRICE
from tests.property.naive_order import Order


@dataclass(slots=True)
class NaiveRules:
    """What the RULE commands of a symbol have set.

    Attributes:
        rows: steps by the lowest price for which they are.
        ends: the highest price of a buy and the lowest of a sell; without a band, no price is beyond them.
    """

    rows: dict[int, tuple[int, int]] = field(default_factory=lambda: {NO_PRICE: (1, 1)})
    ends: tuple[int, int] = (2**63, NO_PRICE)
    mode: int = 0
    width: int = 0
    times: tuple[int, int] = (0, 0)
    limit_side: int = 2
    until: int = 0
    pause_until: int | None = None
    shares: tuple[int, int] | None = None
    top: list[Order | None] = field(default_factory=lambda: [None, None])

    def add_row(self, price: int, steps: tuple[int, int]) -> bool:
        """Add or replace a row; false if there are too many. The lowest price has the first row."""
        key = NO_PRICE if price == NO_PRICE + 1 else price
        if key not in self.rows and len(self.rows) >= 64:
            return False
        self.rows[key] = steps
        return True

    def row(self, price: int) -> tuple[int, int]:
        """The steps at a price."""
        return self.rows[max(low for low in self.rows if low <= price or low == NO_PRICE)]

    def is_valid(self, price: int) -> bool:
        """Whether a price is a multiple of its step."""
        return price % self.row(price)[0] == 0

    def behind(self, side: int, price: int) -> int | None:
        """The next valid price at or below a price of a buy, at or above one of a sell."""
        while NO_PRICE < price < 2**63:
            if self.is_valid(price):
                return price
            price += 1 if side else -1
        return None

    def rounded(self, side: int, price: int) -> int:
        """The same, or the price itself if there is none."""
        found = self.behind(side, price)
        return price if found is None else found

    def set_band(self, mode: int, reference: int, width: int, times: tuple[int, int]) -> None:
        """Set or remove the band."""
        self.mode, self.width, self.times = mode, width, times
        self.ends = (2**63, NO_PRICE)
        if mode:
            self.ends = (min(reference + width, 2**63 - 1), max(reference - width, NO_PRICE + 1))

    def allocation(self, lots: int, sizes: list[tuple[Order, int]]) -> list[tuple[Order, int]]:
        """Pro-rata shares, in queue order; `shares` are the least share and the most of the top order."""
        least, most = self.shares or (0, 0)
        first = {id(o): min(lots, size, most) * any(o is top for top in self.top) for o, size in sizes}
        rest = lots - sum(first.values())
        weights = {id(o): size - first[id(o)] for o, size in sizes}
        whole = Fraction(min(rest, sum(weights.values())), sum(weights.values()) or 1)
        part = {id(o): floor(whole * weights[id(o)]) for o, _ in sizes}
        if whole < 1:
            part = {key: share for key, share in part.items() if share >= least}
        out = []
        rest -= sum(part.values())
        for order, size in sizes:
            got = first[id(order)] + part.get(id(order), 0)
            more = min(rest, size - got)
            rest -= more
            out.append((order, got + more))
        return out

    def forbids(self, side: int, price: int) -> bool:
        """Whether an order of a side may not trade at a price."""
        return price < self.ends[1] if side else price > self.ends[0]
