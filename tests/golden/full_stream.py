"""A long command stream of every op, order kind, time in force and flag, right and wrong."""

from __future__ import annotations

import numpy as np

from obengine.api.messages import COMMAND, NO_PRICE, Commands, Op

Row = tuple[int, ...]
SPOILS = ((0, 77), (1, 2), (2, 9), (3, 9), (4, 2), (5, 4), (6, -5), (9, NO_PRICE))
"""Index of a command's field, and a wrong value for it."""


class Generator:
    """Draws from a 64-bit linear congruential generator."""

    def __init__(self, seed: int) -> None:
        self.state, self.clock = seed, 0

    def draw(self, below: int) -> int:
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % below

    def step(self) -> list[Row]:
        """One command, or an EXTEND and its NEW."""
        draw = self.draw
        what, symbol, order_id, owner = draw(100), draw(2), draw(250), draw(6)
        price, lots = 1000 + draw(31), 1 + draw(40)
        if what < 12:
            return [(Op.CANCEL, 0, 0, 0, symbol, 0, lots * draw(2), 0, order_id, 0)]
        if what < 20:
            return [(Op.MODIFY, 0, 0, 0, symbol, 0, lots, 0, order_id, price)]
        if what < 24:
            return [(Op.EXECUTE, 0, 0, 0, symbol, 0, lots, 0, order_id, 0)]
        if what < 26:
            self.clock += draw(50)
            end_of_day, early = draw(40) == 0, 100 * (draw(10) == 0)
            return [(Op.CLOCK, 0, 0, 0, 0, end_of_day, 0, 0, max(self.clock - early, 0), 0)]
        if what < 27:
            side, many = draw(4), 65_534 + draw(2) if draw(3) == 0 else symbol
            return [(Op.MASS_CANCEL, side, 0, 0, many, 0, 0, 1 + owner, 0, 0)]
        if what < 30:
            to = (0, 0, 0, 0, 1, 2, 2, 3)[draw(8)]
            return [(Op.STATE, to, 0, 0, symbol, 0, 0, 0, 0, price if draw(2) else NO_PRICE)]
        return self.order(symbol, order_id, owner, price, lots)

    def order(self, symbol: int, order_id: int, owner: int, price: int, lots: int) -> list[Row]:
        """A NEW of any kind, with its EXTEND but for one in thirty."""
        draw = self.draw
        kind = (0, 0, 0, 0, 0, 1, 2, 3, 4, 5)[draw(10)]
        tif = (0, 0, 0, 1, 2, 3, 4, 5)[draw(8)]
        flags = (draw(5) if draw(2) else 0) << 4
        shape = draw(12)
        flags |= {0: 2, 1: 6, 2: 8, 3: 10}.get(shape, 0)
        display = 1 + draw(8) if shape in (4, 5, 6) else 0
        minimum = 1 + draw(20) if shape == 7 else 0
        expires = tif == 3 or (shape == 8 and draw(4) == 0)
        parameters = (display, minimum, self.clock + draw(200) if expires else 0, self.trigger(kind))
        limit = self.limit(kind, price)
        rows: list[Row] = []
        if any(parameters) or kind > 1:
            flags |= 1
            if draw(30):
                rows.append((Op.EXTEND, 0, 0, 0, 0, 0, *parameters))
        row = [Op.NEW, draw(2), kind, tif, symbol, flags, lots, owner, order_id, limit]
        if draw(40) == 0:
            field, value = SPOILS[draw(8)]
            row[field] = value
        return [*rows, tuple(row)]

    def trigger(self, kind: int) -> int:
        """A trigger or a trail, now and then a wrong one."""
        wrong = self.draw(40)
        if wrong == 0:
            return NO_PRICE
        if kind < 2 or wrong == 1:
            return 0
        return 1 + self.draw(6) if kind > 3 else 1000 + self.draw(31)

    def limit(self, kind: int, price: int) -> int:
        """The price field of a kind."""
        if kind == 1 and self.draw(2):
            return NO_PRICE
        return self.draw(7) - 3 if kind == 5 else price


def full_stream(commands: int = 30_000) -> Commands:
    """So many commands of every kind; the same bytes each time."""
    return _stream_of(Generator(7), commands)


class LaterGenerator(Generator):
    """Also what came after `full_stream`: steps, amended stops, quantities by total, market-to-limit."""

    def step(self) -> list[Row]:
        """One command, or an EXTEND and its NEW or MODIFY."""
        what = self.draw(60)
        symbol, order_id = self.draw(2), self.draw(250)
        if what == 0:
            steps = (1, 1, 1, 2, 3, 0)[self.draw(6)], (1, 1, 1, 1, 2, 70_000)[self.draw(6)]
            return [(Op.STEPS, 9, 9, 9, symbol, 0, steps[1], steps[0], 9, 9)]
        if what < 6:
            trigger = 1 + self.draw(6) if self.draw(2) else 1000 + self.draw(31)
            extend = (Op.EXTEND, 0, 0, 0, 0, 0, int(self.draw(20) == 0), 0, 0, trigger)
            return [extend, (Op.MODIFY, 0, 0, 0, symbol, 1, 1 + self.draw(40), 0, order_id, 1000)]
        return [self.marked(row) for row in super().step()]

    def marked(self, row: Row) -> Row:
        """A NEW perhaps with the flags TOTAL and TO_LIMIT."""
        if row[0] != Op.NEW:
            return row
        flags = row[5] | 128 * (self.draw(3) == 0)
        if row[2] == 1 and row[3] in (0, 2, 3):
            flags |= 256 * self.draw(2)
        return (*row[:5], flags, *row[6:])


class RuleGenerator(LaterGenerator):
    """Also rules of symbols: price bands and their pauses, tables of steps, pro-rata matching."""

    def step(self) -> list[Row]:
        """One command, or an EXTEND and its NEW or MODIFY."""
        what = self.draw(40)
        if what == 1:
            self.clock += 10**6
        if what:
            return super().step()
        if self.draw(5) == 0:
            return [(Op.RULE, self.draw(3), 2, 9, self.draw(2), 0, self.draw(5) - 1, self.draw(12), 9, 9)]
        if self.draw(3) == 0:
            steps = (1, 1, 1, 2, 3, 0)[self.draw(6)], (1, 1, 1, 1, 2, 70_000)[self.draw(6)]
            return [(Op.RULE, 9, 1, 9, self.draw(2), 0, steps[1], steps[0], 9, 990 + self.draw(50))]
        symbol, reference, width = self.draw(2), 1000 + self.draw(31), self.draw(20)
        mode, kind = (0, 1, 1, 2, 2, 2, 2, 4)[self.draw(8)], (0, 0, 0, 0, 0, 0, 0, 9)[self.draw(8)]
        times = self.draw(4), self.draw(4)
        return [(Op.RULE, mode, kind, 9, symbol, 0, *times, width, reference)]


def rule_stream(commands: int = 30_000) -> Commands:
    """The same with rules of symbols among them."""
    return _stream_of(RuleGenerator(13), commands)


def later_stream(commands: int = 30_000) -> Commands:
    """The same with the later kinds of commands among them."""
    return _stream_of(LaterGenerator(11), commands)


def _stream_of(generator: Generator, commands: int) -> Commands:
    rows: list[Row] = []
    while len(rows) < commands:
        rows += generator.step()
    return np.array(rows[:commands], COMMAND)
