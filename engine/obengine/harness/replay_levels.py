"""Checks of replayed level feeds: the core's levels, crossed books, and snapshots that follow updates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.api.messages import Events, Side
from obengine.api.protocol import Book
from obengine.feeds.level_book import LevelBook
from obengine.feeds.level_commands import LevelCommands, line_of
from obengine.feeds.level_csv import LevelFeed, LevelUpdates
from obengine.harness.outcome import INCONCLUSIVE, CheckResult
from obengine.harness.touch import one_event_each
from obengine.harness.units import Units

LEVELS_VERSION: Final = 1
"""Incremented when the same file would give different commands."""

_PROBES: Final = 500
_PROBED_LEVELS: Final = 50
_DAY_NS: Final = 86_400 * 10**9
_SIDES: Final = (Side.BUY, Side.SELL)
_SIDE_NAMES: Final = {Side.BUY: "bid", Side.SELL: "ask"}

Series = Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class _Batch:
    """The rows of one symbol with one time of receipt."""

    symbol: int
    updates: LevelUpdates
    last_row: int


def units_of(made: LevelCommands) -> Units:
    """What prices and lots are: a price is in the quote currency, which the feed does not name."""
    feed = made.feed
    lot = f"lots of {feed.size(made.lot_units[0]):f}" if len(feed.symbols) == 1 else "lots"
    return Units("", Decimal(1).scaleb(-feed.price_decimals), lot)


def check_levels(made: LevelCommands, events: Events, fresh: Book) -> tuple[tuple[CheckResult, ...], Series]:
    """Follow a feed by a book of levels, and compare a new book of the core with it.

    Also returns the touch after each time of a feed of one symbol; several have no common price axis.
    """
    walk = _Walk(made, fresh)
    for batch in _batches(made.feed):
        walk.follow(batch)
    walk.compare_all()
    checks = (_carried_check(made, events, walk.books), walk.levels_check(), walk.crossed_check())
    return (*checks, *_snapshot_checks(made.feed)), walk.series()


def _carried_check(made: LevelCommands, events: Events, books: list[LevelBook]) -> CheckResult:
    feed, counts = made.feed, [book.counts for book in books]
    return CheckResult(
        "commands-carried-out",
        passed=one_event_each(made.commands, events),
        detail="each command of the feed gave one event, no reject and no match of its own",
        counts={
            "rows": feed.updates.size,
            "commands": made.commands.size,
            "events": events.size,
            "symbols": len(feed.symbols),
            "snapshots": sum(each.snapshots for each in counts),
            "rows-before-a-snapshot": sum(each.before_snapshot for each in counts),
            "removals-of-absent-levels": sum(each.absent_removed for each in counts),
        },
    )


def _batches(feed: LevelFeed) -> Iterator[_Batch]:
    """The batches in order of time; symbols of one time in the order of their index."""
    times, symbols = feed.updates["received_ns"], feed.updates["symbol"]
    order = np.lexsort((np.arange(times.size), symbols, times))
    ordered = feed.updates[order]
    changes = np.flatnonzero(
        (ordered["received_ns"][1:] != ordered["received_ns"][:-1])
        | (ordered["symbol"][1:] != ordered["symbol"][:-1])
    )
    start = 0
    for end in [*(changes + 1).tolist(), order.size]:
        yield _Batch(int(ordered["symbol"][start]), ordered[start:end], int(order[end - 1]))
        start = end


class _Walk:
    """A book of levels for each symbol, a book of the core at some times, and what was found."""

    def __init__(self, made: LevelCommands, core: Book) -> None:
        self.books = [LevelBook() for _ in made.feed.symbols]
        self._made, self._core, self._done = made, core, 0
        rows = made.feed.updates.size
        self._stride = max(1, rows // _PROBES)
        self._next_probe = 0
        self._probes = self._compared = self._differing = 0
        self._batches = self._two_sided = self._crossed = 0
        self._first_difference = self._first_crossed = ""
        self._touches: list[tuple[int, int, int, int, int]] = []

    def follow(self, batch: _Batch) -> None:
        """Apply a batch, look at the best levels, and compare the core's book at evenly spaced rows."""
        book = self.books[batch.symbol]
        book.apply(batch.updates)
        self._batches += 1
        self._look_at_touch(batch, book)
        if batch.last_row >= self._next_probe:
            self._next_probe = batch.last_row + self._stride
            self._advance(int(self._made.row_end[batch.last_row]))
            self._compare(batch.symbol, _PROBED_LEVELS, line_of(batch.last_row))

    def compare_all(self) -> None:
        """Compare every level of every symbol after the last row."""
        self._advance(self._made.commands.size)
        last_line = line_of(self._made.feed.updates.size - 1)
        for symbol, book in enumerate(self.books):
            self._compare(symbol, max(map(book.depth, _SIDES)) + 1, last_line)

    def levels_check(self) -> CheckResult:
        """Whether the core's book had the levels of the feed, at evenly spaced rows and at the end."""
        detail = "the core's levels are those that the feed adds up to, at evenly spaced rows and at the end"
        counts = {
            "rows": self._made.feed.updates.size,
            "rows-asked": self._probes,
            "levels-compared": self._compared,
            "levels-differing": self._differing,
        }
        if not self._compared:
            return _undecided("levels-agree", "no row of the feed leaves a level", counts)
        passed = not self._differing
        return CheckResult("levels-agree", passed, detail if passed else self._first_difference, counts)

    def crossed_check(self) -> CheckResult:
        """Whether the best bid was below the best ask after all rows of each time."""
        detail = "after all rows of one time, the best bid is below the best ask"
        counts = {
            "times": self._batches,
            "times-with-both-sides": self._two_sided,
            "times-crossed": self._crossed,
        }
        if not self._two_sided:
            return _undecided("books-uncrossed", "the feed never has levels on both sides", counts)
        passed = not self._crossed
        return CheckResult("books-uncrossed", passed, detail if passed else self._first_crossed, counts)

    def series(self) -> Series:
        """The touch after each time, of a feed of one symbol."""
        if len(self.books) > 1 or not self._touches:
            return {}
        names = ("time_ns", "ask_ticks", "ask_lots", "bid_ticks", "bid_lots")
        found = dict(zip(names, np.array(self._touches, dtype=np.int64).T, strict=True))
        found["time_ns"] = found["time_ns"] - found["time_ns"][0] // _DAY_NS * _DAY_NS
        return found

    def _look_at_touch(self, batch: _Batch, book: LevelBook) -> None:
        bids, asks = (book.levels(side, 1) for side in _SIDES)
        if not bids or not asks:
            return
        bid, ask = bids[0], asks[0]
        self._two_sided += 1
        if bid.price >= ask.price:
            self._crossed += 1
            feed = self._made.feed
            self._first_crossed = self._first_crossed or (
                f"first at {feed.name}:{line_of(batch.last_row)}: {feed.symbols[batch.symbol]} has bid"
                f" {feed.price(bid.price):f} and ask {feed.price(ask.price):f} after all rows of the time"
            )
        if len(self.books) == 1:
            time_ns, lot = int(batch.updates["received_ns"][0]), self._made.lot_units[0]
            self._touches.append((time_ns, ask.price, ask.size // lot, bid.price, bid.size // lot))

    def _advance(self, end: int) -> None:
        self._core.apply(self._made.commands[self._done : end])
        self._done = end

    def _compare(self, symbol: int, count: int, line: int) -> None:
        self._probes += 1
        feed, lot = self._made.feed, self._made.lot_units[symbol]
        for side in _SIDES:
            wanted = [(each.price, each.size // lot) for each in self.books[symbol].levels(side, count)]
            kept = [(each.price_ticks, each.qty_lots) for each in self._core.depth(side, count, symbol)]
            differing = set(wanted) ^ set(kept)
            self._compared += len(wanted)
            self._differing += len(differing)
            if differing and not self._first_difference:
                price = min(differing)[0]
                self._first_difference = (
                    f"first at {feed.name}:{line}: {feed.symbols[symbol]} {_SIDE_NAMES[side]}"
                    f" {feed.price(price):f}: the core has {dict(kept).get(price, 0):,} lots of"
                    f" {feed.size(lot):f}, the feed {dict(wanted).get(price, 0):,}"
                )


def _undecided(name: str, detail: str, counts: Mapping[str, int]) -> CheckResult:
    return CheckResult(name, passed=False, detail=detail, counts={**counts, INCONCLUSIVE: 1})


def _snapshot_checks(feed: LevelFeed) -> tuple[CheckResult, ...]:
    """The check of snapshots that follow other rows of their symbol; none if the feed has no such."""
    found = _Snapshots(feed)
    for symbol in range(len(feed.symbols)):
        found.follow(np.flatnonzero(feed.updates["symbol"] == symbol))
    if not found.snapshots:
        return ()
    detail = "each snapshot has the levels that the rows before it add up to, as deep as both are known"
    passed = not found.differing
    counts = {
        "snapshots-after-updates": found.snapshots,
        "levels-compared": found.compared,
        "levels-differing": found.differing,
    }
    if not found.compared:
        return (_undecided("snapshots-agree", "no snapshot has a level that was known before it", counts),)
    return (CheckResult("snapshots-agree", passed, detail if passed else found.first, counts),)


class _Snapshots:
    """Compares snapshots with the levels before them.

    A level is known if it is held, or is not deeper than the snapshot before: of a deeper one, that is not
    held, a feed of a part of the levels says nothing.
    """

    def __init__(self, feed: LevelFeed) -> None:
        self._feed = feed
        self.snapshots = self.compared = self.differing = 0
        self.first = ""

    def follow(self, rows: NDArray[np.intp]) -> None:
        """Compare the snapshots of one symbol, whose rows these are."""
        updates = self._feed.updates[rows]
        inside = updates["snapshot"] == 1
        edges = np.flatnonzero(np.diff(inside.astype(np.int8), prepend=0, append=0)).tolist()
        starts, ends = edges[::2], edges[1::2]
        if not starts or starts[-1] == 0:
            return
        book, done = LevelBook(), 0
        known: tuple[int | None, ...] = (None, None)
        for start, end in zip(starts, ends, strict=True):
            book.apply(updates[done:start])
            before = _sides_of(book)
            book.apply(updates[start:end])
            done = end
            after = _sides_of(book)
            if start:
                self.snapshots += 1
                for side in _SIDES:
                    self._compare(side, before[side], after[side], known[side], int(rows[start]))
            known = tuple(_deepest(side, after[side]) for side in _SIDES)

    def _compare(
        self, side: Side, before: Mapping[int, int], after: Mapping[int, int], known: int | None, row: int
    ) -> None:
        deepest = _deepest(side, after)
        comparable = {price for price in before if deepest is None or _not_deeper(side, price, deepest)}
        comparable |= {
            price
            for price in after
            if price in before or (known is not None and _not_deeper(side, price, known))
        }
        differing = [price for price in comparable if before.get(price) != after.get(price)]
        self.compared += len(comparable)
        self.differing += len(differing)
        if differing and not self.first:
            price = max(differing) if side == Side.BUY else min(differing)
            feed = self._feed
            self.first = (
                f"updates are missing before {feed.name}:{line_of(row)}: the snapshot has"
                f" {feed.size(after.get(price, 0)):f} at {_SIDE_NAMES[side]} {feed.price(price):f},"
                f" the rows before it {feed.size(before.get(price, 0)):f}"
            )


def _sides_of(book: LevelBook) -> tuple[dict[int, int], dict[int, int]]:
    buy, sell = ({each.price: each.size for each in book.levels(side, book.depth(side))} for side in _SIDES)
    return buy, sell


def _deepest(side: Side, levels: Mapping[int, int]) -> int | None:
    return (min if side == Side.BUY else max)(levels, default=None)


def _not_deeper(side: Side, price: int, than: int) -> bool:
    return price >= than if side == Side.BUY else price <= than
