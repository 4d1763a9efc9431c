"""A book of levels follows its feed: compared with a plain dictionary, snapshots and oddities counted."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from obengine.api.messages import Side
from obengine.feeds.level_book import LevelBook, LevelSize
from obengine.feeds.level_csv import LEVEL_UPDATE, LevelUpdates


def updates(*rows: tuple[int, Side, int, int, bool]) -> LevelUpdates:
    """Rows of time, side, price, size, whether part of a snapshot."""
    made = np.zeros(len(rows), dtype=LEVEL_UPDATE)
    for name, column in zip(
        ("received_ns", "side", "price", "size", "snapshot"), zip(*rows, strict=True), strict=True
    ):
        made[name] = column
    return made


def test_a_snapshot_replaces_the_book() -> None:
    book = LevelBook()
    book.apply(
        updates(
            (1, Side.BUY, 100, 5, True),
            (1, Side.SELL, 101, 6, True),
            (2, Side.BUY, 99, 7, False),
            (3, Side.SELL, 101, 2, False),
        )
    )
    assert book.levels(Side.BUY, 5) == (LevelSize(100, 5), LevelSize(99, 7))
    assert book.levels(Side.SELL, 5) == (LevelSize(101, 2),)
    book.apply(updates((4, Side.SELL, 105, 1, True)))
    assert book.levels(Side.BUY, 5) == ()
    assert book.levels(Side.SELL, 5) == (LevelSize(105, 1),)
    assert (book.counts.snapshots, book.counts.before_snapshot) == (2, 0)


def test_what_is_unusual_is_counted() -> None:
    book = LevelBook()
    book.apply(updates((1, Side.BUY, 100, 0, False)))
    assert (book.counts.absent_removed, book.counts.before_snapshot) == (1, 1)
    crossing = updates(
        (2, Side.BUY, 100, 1, False), (3, Side.SELL, 100, 1, False), (3, Side.BUY, 100, 0, False)
    )
    book.apply(crossing)
    assert book.counts.crossed == 0, "the rows of one time are one change"
    book.apply(updates((4, Side.BUY, 100, 1, False), (5, Side.BUY, 98, 1, False)))
    assert book.counts.crossed == 2


rows = st.tuples(
    st.integers(0, 3), st.sampled_from(list(Side)), st.integers(1, 12), st.integers(0, 3), st.booleans()
)


@given(st.lists(rows, min_size=1, max_size=60), st.integers(0, 60))
def test_levels_are_those_of_a_plain_dictionary(
    made: list[tuple[int, Side, int, int, bool]], cut: int
) -> None:
    """Rule: a size replaces the one before, 0 removes it, the first row of a snapshot empties the book."""
    book, plain, before = LevelBook(), dict[tuple[Side, int], int](), False
    timed = [(sum(row[0] for row in made[: at + 1]), *row[1:]) for at, row in enumerate(made)]
    stream = updates(*timed)
    book.apply(stream[:cut])
    book.apply(stream[cut:])
    for _, side, price, size, snapshot in timed:
        if snapshot and not before:
            plain.clear()
        before = snapshot
        if size:
            plain[side, price] = size
        else:
            plain.pop((side, price), None)
    for side in Side:
        wanted = sorted(
            (LevelSize(price, size) for (own, price), size in plain.items() if own == side),
            key=lambda level: level.price,
            reverse=side == Side.BUY,
        )
        assert book.levels(side, 99) == tuple(wanted)
        assert book.depth(side) == len(wanted)
