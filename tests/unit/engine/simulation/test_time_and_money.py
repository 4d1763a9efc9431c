"""Latency, timers, seeds, fees, profit, several symbols, and queue models without order ids."""

from __future__ import annotations

import numpy as np
import pytest

from obengine.api.errors import WorkloadError
from obengine.api.messages import NO_PRICE
from obengine.feeds.files import DataFile
from obengine.feeds.level_csv import LEVEL_UPDATE, LevelFeed
from obengine.feeds.trades import TRADE, Trades
from obengine.simulation.fees import Fees
from obengine.simulation.latency import Latency
from obengine.simulation.queue_models import CancelShare
from obengine.simulation.simulation import Simulation
from obengine.simulation.sources import record_source
from obengine.simulation.strategy import Market, Strategy, Trade
from tests.unit.engine.simulation.made_recordings import BUY, SELL, Planned, add, gone, recorded, traded

BOOK = ((1_000, add(1, BUY, 10, 100)), (2_000, add(2, SELL, 10, 105)))
END = (9_000, add(99, BUY, 1, 1))


class Watching(Strategy):
    """Keeps when it saw what."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, str, object]] = []

    def on_touch(self, market: Market, symbol: int) -> None:
        """Keep the touch."""
        self.seen.append((market.now_ns, market.symbols[symbol], tuple(market.touch(symbol))))

    def on_trade(self, market: Market, trade: Trade) -> None:
        """Keep the trade."""
        self.seen.append((market.now_ns, market.symbols[trade.symbol], trade.lots))


def test_every_message_takes_its_time() -> None:
    recording = recorded(
        *BOOK, (3_500, traded(1, 4)), (4_500, traded(1, 6)), (5_000, add(3, SELL, 2, 100)), END
    )
    strategy = Planned([(3_000, lambda market: market.submit(BUY, 1, 100))])
    result = Simulation(recording, strategy, latency=Latency(order_ns=700, report_ns=300)).run()
    assert result.events["time_ns"].tolist() == [3_700, 5_000]
    assert result.queue_positions["ahead_lots"].tolist() == [6, 0]
    assert strategy.heard_ns == [4_000, 5_300]


def test_a_strategy_sees_the_past() -> None:
    strategy = Watching()
    Simulation(recorded(*BOOK, (3_000, traded(1, 10)), END), strategy, latency=Latency(feed_ns=250)).run()
    assert strategy.seen == [
        (1_250, "TEST", (100, 10, NO_PRICE, 0)),
        (2_250, "TEST", (100, 10, 105, 10)),
        (3_250, "TEST", 10),
        (3_250, "TEST", (NO_PRICE, 0, 105, 10)),
        (9_250, "TEST", (1, 1, 105, 10)),
    ]


def test_an_order_sees_its_queue_with_the_latency_of_the_feed() -> None:
    recording = recorded(*BOOK, (4_000, gone(1, 6)), END)
    asked: list[int | None] = []
    plan = [(3_000, lambda market: market.submit(BUY, 1, 100))]
    plan += [(time, lambda market: asked.append(market.ahead(1))) for time in (2_500, 3_900, 4_050, 4_200)]
    Simulation(recording, Planned(plan), latency=Latency(feed_ns=100)).run()
    assert asked == [None, 10, 10, 4]


def test_jitter_is_seeded_and_nothing_overtakes() -> None:
    recording = recorded(*BOOK, *((3_000 + 10 * n, gone(1, 1)) for n in range(9)), END)
    plan = [(3_000 + n, lambda market: market.submit(BUY, 1, 99)) for n in range(20)]
    latency = Latency(order_ns=50, jitter_ns=400)
    runs = [Simulation(recording, Planned(plan), latency=latency, seed=seed).run() for seed in (7, 7, 8)]
    arrivals = [run.events["time_ns"][run.events["kind"] == 1] for run in runs]
    assert runs[0].digest == runs[1].digest != runs[2].digest
    assert (np.diff(arrivals[0]) >= 0).all()
    assert set(runs[0].events["order_id"].tolist()) == set(range(1, 21))


def test_fees_and_profit_to_the_last_millionth() -> None:
    recording = recorded(
        *BOOK, (3_000, add(3, SELL, 5, 100)), (3_500, traded(3, 5)), (5_000, add(4, SELL, 8, 103)), END
    )
    plan = [
        (2_500, lambda market: market.submit(BUY, 4, 101)),
        (6_000, lambda market: market.submit(SELL, 1, 100)),
    ]
    fees = Fees(maker_per_lot="-0.25", taker_per_lot="0.3", taker_ppm=100)
    result = Simulation(recording, Planned(plan), fees=fees).run()
    assert result.fills["fee_millionths"].tolist() == [-1_000_000, 300_000 + 10_000]
    assert result.positions["position_lots"].tolist() == [4, 3]
    assert result.positions["cash"].tolist() == [-404, -304]
    marked = result.pnl()
    rows = list(
        zip(*(marked[name].tolist() for name in ("time_ns", "position_lots", "pnl", "fees")), strict=True)
    )
    # The middle price is 102.5, and 101.5 from 5,000 on.
    assert rows[-2:] == [(5_000, 4, 2 + 1, -1), (6_000, 3, 0 + 1, 0)]
    assert result.pnl(2_000)["time_ns"].tolist() == [1_000, 3_000, 5_000, 7_000, 9_000]


@pytest.mark.parametrize("fee", ["0.0000001", "many", float("nan"), 10**10])
def test_fees_that_cannot_be_exact_are_refused(fee: object) -> None:
    with pytest.raises(WorkloadError, match="maker_per_lot"):
        Fees(maker_per_lot=fee)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["feed_ns", "order_ns", "report_ns", "jitter_ns"])
def test_latencies_are_bounded(name: str) -> None:
    for value in (-1, 2**32, 1.5, True):
        with pytest.raises(WorkloadError, match=name):
            Latency(**{name: value})  # type: ignore[arg-type]


def test_symbols_have_books_and_positions_of_their_own() -> None:
    recording = recorded(
        *BOOK,
        (1_000 + 1_500, add(1, BUY, 3, 50, symbol=1)),
        (3_000, add(2, SELL, 3, 60, symbol=1)),
        (4_000, traded(1, 3, symbol=1)),
        (4_100, add(5, SELL, 1, 50, symbol=1)),
        END,
        symbols=("ONE", "TWO"),
    )
    plan = [(3_500, lambda market: market.submit(BUY, 2, 50, symbol=1))]
    held: list[tuple[int, int]] = []
    plan.append((8_000, lambda market: held.append((market.position(0), market.position(1)))))
    strategy = Planned(plan)
    result = Simulation(recording, strategy).run()
    assert held == [(0, 1)]
    assert result.fills["symbol"].tolist() == [1]
    assert result.pnl(symbol=0)["pnl"].tolist()[-1] == 0
    with pytest.raises(WorkloadError, match="no symbol 2; the recording has 2"):
        result.pnl(symbol=2)
    assert result.pnl(symbol=1)["pnl"].tolist()[-1] == 55 - 50


def test_a_short_position_is_negative_and_the_sum_over_symbols_has_another_name() -> None:
    rows = (
        *BOOK,
        (2_100, add(1, BUY, 10, 100, symbol=1)),
        (2_200, add(2, SELL, 10, 105, symbol=1)),
        (3_000, add(3, BUY, 4, 105)),
        (3_000, add(3, SELL, 3, 100, symbol=1)),
        END,
    )
    plan = [
        (2_500, lambda market: market.submit(SELL, 4, 104)),
        (2_500, lambda market: market.submit(BUY, 3, 101, symbol=1)),
    ]
    both = Simulation(recorded(*rows, symbols=("ONE", "TWO")), Planned(plan)).run()
    assert both.positions["position_lots"].tolist() == [-4, 3]
    assert both.pnl()["gross_lots"][-1] == 7
    assert "position_lots" not in both.pnl()
    assert [both.pnl(symbol=each)["position_lots"][-1] for each in (0, 1)] == [-4, 3]
    alone = Simulation(recorded(*BOOK, rows[4], END), Planned(plan[:1])).run()
    assert alone.positions["position_lots"].tolist() == [-4]
    assert alone.pnl()["position_lots"][-1] == alone.pnl(1_000)["position_lots"][-1] == -4


def feed(*rows: tuple[int, int, int, int]) -> LevelFeed:
    """A level feed of time, side, price, size."""
    updates = np.zeros(len(rows), dtype=LEVEL_UPDATE)
    for name, column in zip(("time_ns", "side", "price", "size"), zip(*rows, strict=True), strict=True):
        updates[name] = column
    updates["received_ns"] = updates["time_ns"] + 5
    return LevelFeed("made", ("COIN",), updates, 2, 3, DataFile("made", 0, ""))


def prints(*rows: tuple[int, int, int, int]) -> Trades:
    """Trades of time, side of the resting order, price, lots."""
    made = np.zeros(len(rows), dtype=TRADE)
    for name, column in zip(
        ("time_ns", "side", "price_ticks", "qty_lots"), zip(*rows, strict=True), strict=True
    ):
        made[name] = column
    return made


LEVELS = ((10, BUY, 100, 30), (11, SELL, 105, 9), (40, BUY, 100, 20), (60, BUY, 100, 14), (90, BUY, 90, 1))


@pytest.mark.parametrize(("queue", "ahead"), [("last", [30, 20, 16, 14, 4]), ("probability", [30, 20, 16])])
def test_queues_without_order_ids(queue: str, ahead: list[int]) -> None:
    """Ten lots are cancelled with nobody behind; then four trade, and two more of the level go."""
    source, trades = feed(*LEVELS), prints((50, BUY, 100, 4), (70, BUY, 100, 10))
    strategy = Planned([(20, lambda market: market.submit(BUY, 5, 100))])
    result = Simulation(source, strategy, queue=queue, trades=trades).run()
    found = result.queue_positions["ahead_lots"].tolist()
    assert found[: len(ahead)] == ahead
    assert sorted(found, reverse=True) == found


def test_a_level_feed_is_seen_when_it_was_received() -> None:
    strategy = Watching()
    unfilled = prints((70, BUY, 99, 2))
    latency = Latency(feed_ns=100)
    Simulation(feed(*LEVELS), strategy, queue="last", latency=latency, trades=unfilled).run()
    assert strategy.seen[0] == (115, "COIN", (100, 30, NO_PRICE, 0))


def test_trades_of_a_level_feed_fill_behind_the_queue() -> None:
    trades = prints((50, BUY, 100, 31), (70, BUY, 99, 2))
    strategy = Planned([(20, lambda market: market.submit(BUY, 20, 100))])
    result = Simulation(feed(*LEVELS), strategy, queue="last", trades=trades).run()
    assert list(zip(result.fills["time_ns"], result.fills["lots"], strict=True)) == [(50, 11), (70, 2)]


def test_a_snapshot_of_a_level_feed_empties_what_it_leaves_out() -> None:
    source = feed((10, BUY, 100, 3), (10, SELL, 105, 3), (20, BUY, 99, 4), (30, BUY, 98, 1))
    source.updates["snapshot"][2] = 1
    recording = record_source(source)
    assert recording.touches.tolist()[-1] == (99, 4, NO_PRICE, 0)


def test_exact_places_need_order_ids() -> None:
    with pytest.raises(WorkloadError, match="choose 'last' or 'probability'"):
        Simulation(feed(*LEVELS), Strategy())
    with pytest.raises(WorkloadError, match="no queue model 'first'"):
        Simulation(feed(*LEVELS), Strategy(), queue="first")


def test_the_share_of_cancels_ahead_is_right_on_average() -> None:
    share = CancelShare(3)
    drawn = [share.ahead(1, 30, 10) for _ in range(4_000)]
    assert set(drawn) == {0, 1}
    assert abs(sum(drawn) - 3_000) < 120
    assert CancelShare(3).ahead(20, 30, 10) == 15
