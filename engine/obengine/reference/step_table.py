"""The table of price steps and lot steps of a symbol (section 4.10 of the specification)."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from obengine.api.messages import MAX_PRICE, MAX_STEP_ROWS, MIN_PRICE


class StepRow(NamedTuple):
    """The steps from a price up to the next row."""

    from_ticks: int
    price_step: int
    lot_step: int


class StepTable:
    """The rows by price; the first is from the lowest price on."""

    __slots__ = ("rows",)

    def __init__(self, price_step: int = 1, lot_step: int = 1) -> None:
        self.rows = [StepRow(MIN_PRICE, price_step, lot_step)]

    @property
    def is_default(self) -> bool:
        """Whether all prices and quantities are valid."""
        return self.rows == [StepRow(MIN_PRICE, 1, 1)]

    def row_of(self, price_ticks: int) -> StepRow:
        """The row of a price."""
        return self.rows[self._place_of(price_ticks)]

    def add(self, row: StepRow) -> bool:
        """Add a row, or replace the one from the same price; return whether there is space for it."""
        at = self._place_of(row.from_ticks)
        if self.rows[at].from_ticks == row.from_ticks:
            self.rows[at] = row
            return True
        if len(self.rows) == MAX_STEP_ROWS:
            return False
        self.rows.insert(at + 1, row)
        return True

    def floor(self, price_ticks: int) -> int | None:
        """The greatest valid price at or below a price."""
        at = self._place_of(price_ticks)
        while at >= 0:
            from_ticks, step, _ = self.rows[at]
            rounded = price_ticks - price_ticks % step
            if rounded >= from_ticks:
                return rounded
            at, price_ticks = at - 1, from_ticks - 1
        return None

    def ceil(self, price_ticks: int) -> int | None:
        """The least valid price at or above a price."""
        at = self._place_of(price_ticks)
        while True:
            rounded = price_ticks + -price_ticks % self.rows[at].price_step
            at += 1
            end = self.rows[at].from_ticks if at < len(self.rows) else MAX_PRICE + 1
            if rounded < end:
                return rounded
            if at == len(self.rows):
                return None
            price_ticks = end

    def _place_of(self, price_ticks: int) -> int:
        return max(bisect_right(self.rows, price_ticks, key=_lowest_price) - 1, 0)


def _lowest_price(row: StepRow) -> int:
    return row.from_ticks
