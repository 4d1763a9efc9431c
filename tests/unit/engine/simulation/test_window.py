"""Queue positions at levels that leave the recorded part of a LOBSTER book, and come back."""

from __future__ import annotations

from pathlib import Path

import pytest

from obengine.api.errors import WorkloadError
from obengine.feeds.lobster import read_lobster, read_lobster_days
from obengine.simulation.simulation import Simulation
from tests.unit.engine.simulation.made_recordings import BUY, Planned

SECOND = 10**9
OPEN = 34_200 * SECOND
ROWS = (
    # seconds, type, id, size, price, direction; ask, size, bid, size
    ("34200.0,1,1,10,1000000,1", "1010000,5,1000000,10"),
    ("34210.0,1,2,7,1000100,1", "1010000,5,1000100,7"),
    ("34220.0,3,2,7,1000100,1", "1010000,5,1000000,6"),
    ("34230.0,4,1,6,1000000,1", "1010000,5,999900,3"),
    ("34240.0,4,9,1,999900,1", "1010000,5,999900,2"),
)
"""One level a side: the bid at 100.00 leaves the window for a better one, and comes back with fewer lots."""


def write_day(folder: Path, symbol: str = "MADE", date: str = "2001-02-03") -> Path:
    """The rows as a message file and an orderbook file."""
    name = f"{symbol}_{date}_34200000_57600000_{{}}_1.csv"
    for kind, column in (("message", 0), ("orderbook", 1)):
        (folder / name.format(kind)).write_text("".join(f"{row[column]}\n" for row in ROWS))
    return folder / name.format("message")


def places(result_frame: dict[str, object], order_id: int) -> list[tuple[int, int]]:
    """Seconds after the open and lots ahead of an order."""
    columns = (result_frame[name].tolist() for name in ("time_ns", "order_id", "ahead_lots"))  # type: ignore[attr-defined]
    rows = zip(*columns, strict=True)
    return [((time - OPEN) // SECOND, ahead) for time, which, ahead in rows if which == order_id]


def test_lots_ahead_survive_while_nobody_sees_them(tmp_path: Path) -> None:
    plan = [
        (OPEN + 5 * SECOND, lambda market: market.submit(BUY, 5, 1_000_000)),
        (OPEN + 15 * SECOND, lambda market: market.submit(BUY, 5, 999_900)),
    ]
    result = Simulation(read_lobster(write_day(tmp_path)), Planned(plan)).run()
    # Ten ahead; six are left when the level comes back; they trade. Then a trade goes past the price.
    assert places(result.queue_positions, 1) == [(5, 10), (20, 6), (30, 0)]
    # Nobody knows what is below the window; then all three lots of the level, of which one trades.
    assert places(result.queue_positions, 2) == [(15, -1), (30, 3), (40, 2)]
    fills = result.fills
    assert (fills["order_id"].tolist(), fills["price_ticks"].tolist(), fills["lots"].tolist()) == (
        [1],
        [1_000_000],
        [1],
    )
    assert result.counts["unknown-place-lots"] == 1


def test_days_of_one_date_are_symbols_and_days_of_two_dates_are_refused(tmp_path: Path) -> None:
    write_day(tmp_path)
    write_day(tmp_path, symbol="OTHER")
    plan = [(OPEN + 5 * SECOND, lambda market: market.submit(BUY, 5, 1_000_000, symbol=1))]
    result = Simulation(read_lobster_days(tmp_path), Planned(plan)).run()
    assert result.symbols == ("MADE", "OTHER")
    assert result.fills["symbol"].tolist() == [1]
    write_day(tmp_path, date="2001-02-04")
    with pytest.raises(WorkloadError, match="one date at a time"):
        Simulation(read_lobster_days(tmp_path), Planned(plan))
