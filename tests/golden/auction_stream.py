"""A long command stream of sessions, with opening and closing auctions and their orders."""

from __future__ import annotations

import numpy as np

from obengine.api.messages import COMMAND, NO_PRICE, Commands, Op, OrderFlag, Rule
from tests.golden.full_stream import LaterGenerator, Row

STATES = ((0, 0), (0, 0), (2, 0), (2, 1), (2, 1), (1, 0), (1, 4), (2, 4), (3, 1))
"""New state and flags of a STATE command, the last two wrong."""


class AuctionGenerator(LaterGenerator):
    """Also what came after `later_stream`: orders for an auction, closing auctions, halts that uncross."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.made = 0

    def step(self) -> list[Row]:
        """One command, or an EXTEND and its NEW or MODIFY."""
        what = self.draw(20)
        symbol, order_id, price = self.draw(2), self.draw(250), 1000 + self.draw(31)
        if what == 0:
            state, flags = STATES[self.draw(9)]
            reference = price if self.draw(2) else NO_PRICE
            return [(Op.STATE, state, 0, 0, symbol, flags, 0, 0, 0, reference)]
        if what < 7:
            side, kind, tif = self.draw(2), self.draw(2), 6 + self.draw(2)
            limit = NO_PRICE if kind and self.draw(3) else price
            flags = OrderFlag.IMBALANCE_ONLY * (kind == 0 and self.draw(3) == 0)
            return [
                (Op.NEW, side, kind, tif, symbol, flags, 1 + self.draw(40), self.draw(6), order_id, limit)
            ]
        if what == 7 and self.draw(3) == 0:
            return [(Op.RULE, self.draw(2), Rule.BAND, 0, symbol, 0, 0, 0, self.draw(25), price)]
        if what == 8 and self.draw(2) == 0:
            size = (0, 1, 20, 500, 500, 500, 2**20 + 1)[self.draw(7)]
            return [(Op.TRADE_WINDOW, 0, 0, 0, 9, 0, size, 0, 0, 0)]
        if what == 10:
            return [(Op.INDICATE, 0, 0, 0, symbol, 0, 0, 0, 0, price if self.draw(2) else NO_PRICE)]
        rows = super().step()
        self.made += len(rows)
        if what == 9:
            return [*rows, (Op.BUST, 0, 0, 0, 9, 0, 0, 0, self.made + self.draw(400), 0)]
        return rows


def auction_stream(commands: int = 30_000) -> Commands:
    """So many commands; the same bytes each time."""
    generator = AuctionGenerator(13)
    rows: list[Row] = []
    while len(rows) < commands:
        rows += generator.step()
    return np.array(rows[:commands], COMMAND)
