"""A strategy beside a replay: run twice, its failures named, its limits asserted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from obengine.api.errors import LimitsError, StrategyFailed, WorkloadError
from obengine.api.messages import NO_PRICE, Side
from obengine.feeds.files import DataFile
from obengine.feeds.itch50 import read_itch50
from obengine.feeds.itch50_sample import write_itch50_sample
from obengine.feeds.itch50_trades import read_itch50_trades
from obengine.feeds.level_csv import LEVEL_UPDATE, LevelFeed
from obengine.feeds.lobster import read_pair
from obengine.feeds.lobster_sample import lobster_sample_pair
from obengine.feeds.order_flow import ChangeKind
from obengine.feeds.trades import TRADE, TradeKind
from obengine.harness.outcome import INCONCLUSIVE
from obengine.harness.replay import run_replay
from obengine.harness.replay_simulation import StrategyPlan, simulate
from obengine.harness.selection import Selection
from obengine.harness.simulated_sources import read_source
from obengine.risk.limits_file import RiskLimits, read_limits
from obengine.simulation.fees import Fees
from obengine.simulation.orders import Reason
from obengine.simulation.recording import Recording
from obengine.simulation.sources import record_source
from obengine.simulation.strategy import Market, Strategy, Trade
from tests.unit.engine.simulation.made_recordings import Planned


class Maker(Strategy):
    """Quotes at the touch after every tenth trade."""

    lots = 10
    seen = 0

    def on_trade(self, market: Market, trade: Trade) -> None:
        """Quote."""
        self.seen += 1
        if self.seen % 10 == 0:
            for order in market.orders(trade.symbol):
                market.cancel(order.order_id)
            touch = market.touch(trade.symbol)
            for side, price in ((Side.BUY, touch.bid_ticks), (Side.SELL, touch.ask_ticks)):
                if price != NO_PRICE:
                    market.submit(side, self.lots, price, symbol=trade.symbol)


class Forgetful(Maker):
    """Depends on how often it was made."""

    made: ClassVar[list[int]] = []

    def on_start(self, market: Market) -> None:
        """Other lots each time."""
        self.made.append(1)
        self.lots = 10 + len(self.made)


class Failing(Strategy):
    """Fails at the first trade."""

    def on_trade(self, market: Market, trade: Trade) -> None:
        """Fail."""
        raise KeyError("price")


class Halves(Strategy):
    """Sends half a lot."""

    def on_trade(self, market: Market, trade: Trade) -> None:
        """Send it."""
        market.submit(Side.BUY, 0.5, trade.price_ticks)  # type: ignore[arg-type]


class Misspelt(Strategy):
    """Has a method that nobody calls."""

    def on_tuch(self, market: Market, symbol: int) -> None:
        """Never called."""


@pytest.fixture(scope="module")
def day() -> Recording:
    """The built-in sample."""
    return record_source(read_pair(lobster_sample_pair()))


def limits(folder: Path, *lines: str) -> RiskLimits:
    """A limits file that expects no breach of the strategy."""
    path = folder / "limits.toml"
    text = ("version = 1", 'expect = "none"', "[[limit]]", 'participant = "strategy"', *lines)
    path.write_text("\n".join(text))
    return read_limits(path, symbols=("SAMPLE",), participants=())


def test_a_strategy_runs_twice_and_gives_the_same(day: Recording) -> None:
    outcome = simulate(day, StrategyPlan(Maker))
    assert outcome.check.passed
    assert outcome.check.counts["fills"] == outcome.result.fill_records.size > 50
    assert outcome.series["inventory_lots"][-1] == outcome.result.positions["position_lots"][-1]


def test_a_strategy_that_depends_on_more_than_it_sees_fails(day: Recording) -> None:
    check = simulate(day, StrategyPlan(Forgetful)).check
    assert not check.passed
    assert "depends on more" in check.detail


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (Failing, r"raised KeyError: 'price' \(test_replay_simulation.py:\d+\)"),
        (lambda: 7, "gave a int, not an obengine.Strategy"),
        (Halves, r"raised the lots of an order: 0.5 is not a whole number \(test_replay_simulation.py:\d+\)"),
        (Misspelt, r"has a misspelt method: Misspelt.on_tuch is never called: did you mean 'on_touch'\?"),
    ],
)
def test_what_a_strategy_does_wrong_is_named(day: Recording, make: object, reason: str) -> None:
    with pytest.raises(StrategyFailed, match=reason):
        simulate(day, StrategyPlan(make))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limit", "breached"),
    [
        ("inventory_lots = 100000", None),
        ("inventory_lots = 15", "inventory"),
        ("gross_notional = 60000", "gross-notional"),
        ("orders_per_s = 0", "order-rate"),
        ("open_orders = 1", "open-orders"),
        ("loss = 1000", "loss"),
        ("drawdown = 1000", "drawdown"),
        ("loss = 100000000000", None),
    ],
)
def test_limits_assert_on_the_strategy(
    day: Recording, tmp_path: Path, limit: str, breached: str | None
) -> None:
    plan = StrategyPlan(Maker, fees=Fees(maker_per_lot=300, taker_per_lot=300))
    outcome = simulate(day, plan, limits=limits(tmp_path, limit))
    assert outcome.risk is not None
    check = outcome.risk.check
    assert check.passed == (breached is None)
    assert check.counts["limit-1-orders"] > 0
    if breached is not None:
        assert check.counts[f"breaches-{breached}"] == len(outcome.risk.breaches) > 0


def test_orders_beyond_a_limit_are_rejected_and_those_within_are_not(day: Recording, tmp_path: Path) -> None:
    outcome = simulate(day, StrategyPlan(Maker), limits=limits(tmp_path, "inventory_lots = 25"))
    rejected = int((outcome.result.events["reason"] == Reason.RISK).sum())
    assert rejected == len(outcome.result.breaches) > 0
    assert abs(outcome.result.positions["position_lots"]).max() <= 25
    assert abs(simulate(day, StrategyPlan(Maker)).result.positions["position_lots"]).max() > 25


def test_a_strategy_that_sent_no_order_is_inconclusive(day: Recording) -> None:
    check = simulate(day, StrategyPlan(Strategy)).check
    assert (check.passed, check.counts[INCONCLUSIVE]) == (False, 1)
    assert check.detail == "the strategy sent no order"


def test_levels_without_trades_are_inconclusive() -> None:
    updates = np.zeros(2, dtype=LEVEL_UPDATE)
    updates["time_ns"], updates["price"], updates["size"] = (10, 90), (100, 99), 5
    feed = LevelFeed("made", ("COIN",), updates, 2, 3, DataFile("made", 0, ""))
    plan = StrategyPlan(lambda: Planned([(50, quote)]), queue="last")
    check = simulate(feed, plan).check
    assert (check.passed, check.counts[INCONCLUSIVE]) == (False, 1)
    assert "the data have no trades" in check.detail
    trades = np.zeros(1, dtype=TRADE)
    trades["time_ns"], trades["price_ticks"], trades["qty_lots"] = 60, 100, 1
    assert simulate(feed, plan, trades=trades).check.passed


def quote(market: Market) -> None:
    """One order."""
    market.submit(Side.BUY, 1, 1)


def test_settings_are_no_fault_of_the_strategy(day: Recording) -> None:
    with pytest.raises(WorkloadError, match="no queue model 'first'"):
        simulate(day, StrategyPlan(Maker, queue="first"))


def test_limits_that_watched_no_order_are_inconclusive(day: Recording, tmp_path: Path) -> None:
    outcome = simulate(day, StrategyPlan(Strategy), limits=limits(tmp_path, "loss = 1"))
    assert outcome.risk is not None
    assert not outcome.risk.check.passed
    assert outcome.risk.check.counts[INCONCLUSIVE] == 1


def test_limits_of_a_profit_need_somebody_who_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "limits.toml"
    path.write_text("version = 1\n[[limit]]\nloss = 1\n")
    with pytest.raises(LimitsError, match=r"need a \[market_maker\] or a strategy"):
        run_replay(None, core="reference", passes=1, risk=path)
    path.write_text('version = 1\n[[limit]]\nparticipant = "ABCD"\nloss = 1\n')
    with pytest.raises(LimitsError, match="known of 'maker' and 'strategy' only"):
        read_limits(path, symbols=("S",), participants=("ABCD",))


def test_a_market_maker_of_the_limits_and_a_strategy_exclude_each_other(
    day: Recording, tmp_path: Path
) -> None:
    path = tmp_path / "limits.toml"
    path.write_text("version = 1\n[market_maker]\nhalf_spread_ticks = 3\nquote_lots = 2\n")
    found = read_limits(path, symbols=("S",), participants=())
    with pytest.raises(WorkloadError, match="cannot be combined"):
        simulate(day, StrategyPlan(Maker), limits=found)


def test_an_itch_file_is_simulated_symbol_by_symbol(tmp_path: Path) -> None:
    path = write_itch50_sample(tmp_path / "made.itch", seed=3)
    source = read_source(path, Selection())
    assert source.trades is not None
    outcome = simulate(source.days, StrategyPlan(Maker), trades=source.trades)
    assert outcome.result.fill_records.size > 0
    assert len({*outcome.result.fills["symbol"].tolist()}) > 1
    alone = record_source(read_itch50(path))
    assert (alone.changes == record_source(source.days, trades=source.trades).changes).all()  # type: ignore[arg-type]
    hidden = source.trades.copy()
    hidden["kind"][::7] = TradeKind.HIDDEN
    for given in ({}, {"trades": hidden}):
        made = record_source(replace(read_itch50(path), trades=hidden), **given)
        assert int((made.changes["kind"] == ChangeKind.HIDDEN).sum()) == hidden[::7].size
    with pytest.raises(WorkloadError, match=r"records of obengine\.TRADE, not ItchTrades"):
        record_source(read_itch50(path), trades=read_itch50_trades(path))  # type: ignore[arg-type]
    executed = source.trades[source.trades["kind"] == TradeKind.VISIBLE]
    recording = record_source(source.days, trades=source.trades)  # type: ignore[arg-type]
    assert int((recording.changes["kind"] == ChangeKind.TRADE).sum()) == executed.size > 0
