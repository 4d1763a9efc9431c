"""Risk: each limit with the value that breaks it, files that must be refused, and the market maker."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obengine.api.messages import COMMAND, BandMode, Commands, Op, SelfTrade, Side, TimeInForce
from obengine.api.orders import cancel, execute, new_order, set_band
from obengine.cores import make_book
from obengine.harness.outcome import INCONCLUSIVE
from obengine.harness.replay_risk import apply_risk_limits
from obengine.risk.limits import BreachKind, RiskEngine, RiskOrder, RiskRule
from obengine.risk.limits_file import MAKER, MakerPlan, RiskLimits
from obengine.risk.market_maker import MarketMaker

ORDER = RiskOrder(0, 1, 0, Side.BUY, 10, 100, 1)


def engine(**limits: int) -> RiskEngine:
    return RiskEngine((RiskRule(**limits),))


def kinds(risk: RiskEngine) -> list[BreachKind]:
    return [breach.kind for breach in risk.breaches]


def test_inventory_counts_the_position_and_what_is_open_on_that_side() -> None:
    risk = engine(inventory_lots=25)
    for order_id in (1, 2):
        order = replace(ORDER, order_id=order_id)
        assert risk.check(order)
        risk.opened(order)
    assert not risk.check(replace(ORDER, order_id=3))
    assert (risk.breaches[0].kind, risk.breaches[0].limit, risk.breaches[0].value) == ("inventory", 25, 30)
    risk.filled(0, 1, 10)
    risk.closed(0, 2)
    assert risk.position_lots(1, 0) == 10
    assert risk.check(replace(ORDER, order_id=4))
    assert risk.check(replace(ORDER, order_id=5, side=Side.SELL, qty_lots=35))
    assert not risk.check(replace(ORDER, order_id=6, side=Side.SELL, qty_lots=36))


def test_an_order_on_arrival_moves_the_position() -> None:
    risk = engine(inventory_lots=25)
    risk.took(replace(ORDER, side=Side.SELL), 20)
    assert risk.position_lots(1, 0) == -20
    assert not risk.check(replace(ORDER, side=Side.SELL, qty_lots=6))


def test_gross_notional_counts_open_orders_and_positions() -> None:
    risk = engine(gross_notional=2_500)
    risk.opened(ORDER)
    assert risk.check(replace(ORDER, order_id=2))
    risk.filled(0, 1, 10)
    risk.traded(0, 151)
    assert not risk.check(replace(ORDER, order_id=2))
    assert risk.breaches[0].value == 1_510 + 1_000


def test_open_orders_count_this_one() -> None:
    risk = engine(open_orders=1)
    assert risk.check(ORDER)
    risk.opened(ORDER)
    assert not risk.check(replace(ORDER, order_id=2))
    risk.closed(0, 1, 4)
    assert not risk.check(replace(ORDER, order_id=2))
    risk.closed(0, 1, 6)
    assert risk.check(replace(ORDER, order_id=2))
    assert kinds(risk) == ["open-orders", "open-orders"]


def test_the_bucket_refills_in_event_time() -> None:
    risk = engine(orders_per_s=10, burst=2)
    times = [0, 0, 0, 99_999_999, 100_000_000, 100_000_000, 10**12, 10**12, 10**12]
    passed = [risk.check(replace(ORDER, time_ns=time_ns)) for time_ns in times]
    assert passed == [True, True, False, False, True, False, True, True, False]
    assert set(kinds(risk)) == {BreachKind.ORDER_RATE}


def test_the_collar_starts_from_the_last_trade() -> None:
    risk = engine(collar_ticks=5)
    assert risk.check(replace(ORDER, price_ticks=10**9))
    risk.traded(0, 100)
    assert risk.check(replace(ORDER, price_ticks=95))
    assert not risk.check(replace(ORDER, price_ticks=94))
    assert risk.check(replace(ORDER, symbol=1, price_ticks=94))
    assert risk.breaches[0].value == 6


def test_the_kill_switch_triggers_once_and_remains() -> None:
    risk = engine(open_orders=0, kill_after_breaches=2)
    assert [risk.check(ORDER) for _ in range(4)] == [False] * 4
    assert kinds(risk) == ["open-orders", "open-orders", "kill-switch"]
    assert risk.refused_after_kill == 2
    assert not risk.check(replace(ORDER, participant=2))
    assert kinds(risk)[3:] == ["open-orders"]


def test_a_rule_applies_to_its_participant_and_symbol() -> None:
    risk = engine(participant=2, symbol=1, open_orders=0)
    assert risk.check(ORDER)
    assert risk.check(replace(ORDER, participant=2))
    assert not risk.check(replace(ORDER, participant=2, symbol=1))


def test_a_change_is_checked_like_a_new_order_that_replaces_the_old_one() -> None:
    risk = engine(inventory_lots=25, gross_notional=2_600, open_orders=1, collar_ticks=5)
    assert risk.check(ORDER)
    risk.opened(ORDER)
    risk.traded(0, 100)
    assert risk.check_change(0, 1, 7, 25, 104)
    assert not risk.check_change(0, 1, 8, 26, 106)
    assert [(b.kind, b.limit, b.value, b.time_ns) for b in risk.breaches] == [
        (BreachKind.INVENTORY, 25, 26, 8),
        (BreachKind.GROSS_NOTIONAL, 2_600, 26 * 106, 8),
        (BreachKind.PRICE_COLLAR, 5, 6, 8),
    ]
    assert risk.check_change(0, 1, 9, 10, 100), "what was looked at has changed nothing"
    risk.changed(0, 1, 20, 101)
    risk.filled(0, 1, 20)
    assert risk.position_lots(1, 0) == 20
    assert risk.check_change(0, 1, 9, 1_000, 1_000), "an order that is gone is nobody's"


def test_a_change_takes_a_token_and_respects_the_kill_switch_unless_it_reduces_lots() -> None:
    risk = engine(orders_per_s=1, burst=1, kill_after_breaches=1)
    assert risk.check(ORDER)
    risk.opened(ORDER)
    assert risk.check_change(0, 1, 0, 9, 100)
    assert not risk.check_change(0, 1, 0, 10, 101)
    assert kinds(risk) == [BreachKind.ORDER_RATE, BreachKind.KILL_SWITCH]
    assert not risk.check_change(0, 1, 10**10, 11, 100)
    assert risk.check_change(0, 1, 10**10, 9, 100)
    assert risk.refused_after_kill == 1


@pytest.mark.parametrize("core", ["reference", "native"])
def test_changes_in_a_stream_are_checked(core: str) -> None:
    stream = np.zeros(5, COMMAND)
    stream["op"] = [Op.NEW, Op.NEW, Op.MODIFY, Op.MODIFY, Op.MODIFY]
    stream["side"] = [Side.SELL, Side.BUY, 0, 0, 0]
    stream["order_id"] = [1, 2, 2, 2, 2]
    stream["participant"] = [0, 5, 0, 0, 0]
    stream["qty_lots"] = [4, 10, 8, 30, 30]
    stream["price_ticks"] = [105, 100, 100, 100, 105]
    limits = RiskLimits((RiskRule(inventory_lots=25),), None, None, b"", "limits.toml")
    outcome = apply_risk_limits(stream, np.arange(5, dtype=np.int64), partial(make_book, core), limits)
    assert [(b.time_ns, b.participant, b.value) for b in outcome.breaches] == [(3, 5, 30), (4, 5, 30)]
    more = np.append(stream, stream[1:2])
    more["order_id"][-1], more["qty_lots"][-1] = 3, 1
    outcome = apply_risk_limits(more, np.arange(6, dtype=np.int64), partial(make_book, core), limits)
    assert outcome.breaches[-1].value == 31, "4 bought by the change, 26 of it and 1 new order open"


def test_orders_without_owner_affect_no_participant() -> None:
    risk = engine(open_orders=5)
    risk.filled(0, 77, 5)
    risk.closed(0, 77)
    assert risk.position_lots(1, 0) == 0
    assert risk.last_ticks(0) is None


@pytest.mark.parametrize("core", ["reference", "native"])
def test_each_limit_counts_the_orders_and_fills_that_it_watched(core: str) -> None:
    stream = np.zeros(4, COMMAND)
    stream["op"] = Op.NEW
    stream["side"] = [Side.SELL, Side.BUY, Side.BUY, Side.SELL]
    stream["order_id"] = [1, 2, 3, 4]
    stream["participant"] = [0, 5, 6, 0]
    stream["qty_lots"] = [4, 10, 8, 30]
    stream["price_ticks"] = [105, 105, 100, 100]
    rules = (RiskRule(inventory_lots=99), RiskRule(participant=6, open_orders=9), RiskRule(participant=7))
    limits = RiskLimits(rules, None, {}, b"", "limits.toml")
    check = apply_risk_limits(stream, np.arange(4, dtype=np.int64), partial(make_book, core), limits).check
    found = {name: count for name, count in check.counts.items() if name.startswith("limit-")}
    assert found == {
        "limit-1-orders": 2, "limit-1-fills": 3, "limit-2-orders": 1, "limit-2-fills": 1,
        "limit-3-orders": 0, "limit-3-fills": 0,
    }  # fmt: skip
    assert not check.passed
    assert check.counts[INCONCLUSIVE] == 1
    assert check.detail.startswith("limit 3 was applied to no order")


def test_a_breach_that_was_not_expected_outweighs_a_limit_that_watched_nothing() -> None:
    stream = np.zeros(1, COMMAND)
    stream["op"], stream["order_id"], stream["qty_lots"] = Op.NEW, 1, 5
    stream["participant"], stream["price_ticks"] = 5, 100
    rules = (RiskRule(inventory_lots=1), RiskRule(participant=7))
    limits = RiskLimits(rules, None, {}, b"", "limits.toml")
    expected = replace(limits, expected={"inventory": 0})
    check = apply_risk_limits(stream, np.zeros(1, np.int64), partial(make_book, "reference"), expected).check
    assert not check.passed
    assert INCONCLUSIVE not in check.counts


PLAN = MakerPlan(seed=1, symbol=0, half_spread_ticks=4, quote_lots=10, skew_ticks_per_lot=1)


def test_the_market_maker_is_filled_only_by_trades_through_its_price() -> None:
    risk = RiskEngine(())
    maker = MarketMaker(PLAN, risk)
    maker.on_trade(1, Side.BUY, 5, 1_000)
    bids = [order for order in risk._orders.values() if order[1] == Side.BUY]
    bid = bids[0][3]
    maker.on_trade(2, Side.SELL, 3, bid)
    assert (maker.fills, maker.position_lots) == (0, 0)
    bid = next(order[3] for order in risk._orders.values() if order[1] == Side.BUY)
    maker.on_trade(3, Side.SELL, 3, bid - 1)
    assert (maker.fills, maker.position_lots, maker.cash) == (1, 3, -3 * bid)


@given(
    st.lists(
        st.tuples(st.sampled_from(Side), st.integers(1, 30), st.integers(900, 1_100), st.booleans()),
        max_size=60,
    ),
    st.integers(1, 2**64 - 1),
)
def test_recorded_orders_never_affect_those_of_the_market_maker(
    trades: list[tuple[Side, int, int, bool]], tape_id: int
) -> None:
    """An agent's orders are not in the tape's book, so ids of the tape that are like its own mean nothing."""
    alone, beside = RiskEngine(()), RiskEngine(())
    lonely, maker = MarketMaker(PLAN, alone), MarketMaker(PLAN, beside)
    for at, (side, lots, price, fills) in enumerate(trades):
        for number in (*range(1, 2 * at + 3), tape_id):
            if fills:
                beside.filled(0, number, lots)
            else:
                beside.closed(0, number)
        beside.opened(replace(ORDER, order_id=tape_id, symbol=0))
        lonely.on_trade(at, side, lots, price)
        maker.on_trade(at, side, lots, price)
    assert (maker.fills, maker.cash, maker.position_lots) == (lonely.fills, lonely.cash, lonely.position_lots)


def test_a_rejected_market_maker_has_no_quotes() -> None:
    risk = RiskEngine((RiskRule(participant=MAKER, open_orders=0),))
    maker = MarketMaker(PLAN, risk)
    for price in (100, 200, 300):
        maker.on_trade(price, Side.SELL, 5, price)
    assert (maker.sent, maker.refused, maker.fills) == (0, 6, 0)


def limited(limit: int, *commands: Commands) -> list[tuple[int, int]]:
    """Order and value of each breach of an inventory limit of participant 5."""
    stream = np.concatenate(commands)
    limits = RiskLimits((RiskRule(participant=5, inventory_lots=limit),), None, None, b"", "limits.toml")
    times_ns = np.arange(len(stream), dtype=np.int64)
    found = apply_risk_limits(stream, times_ns, partial(make_book, "reference"), limits).breaches
    return [(breach.order_id, breach.value) for breach in found]


def probe(lots: int, price_ticks: int = 1) -> Commands:
    """A buy that shows how many lots of the participant are open or held."""
    return new_order(99, Side.BUY, lots, price_ticks, participant=5)


def test_an_order_that_rests_counts_although_other_events_follow_it() -> None:
    iceberg = new_order(1, Side.SELL, 4, 100, display_lots=2)
    refills = new_order(2, Side.BUY, 10, 100, participant=5)
    assert limited(10, iceberg, refills, probe(1)) == [(99, 11)]
    band = set_band(BandMode.PAUSE, 100, 5)
    assert limited(10, band, new_order(2, Side.BUY, 10, 105, participant=5), probe(1)) == [(99, 11)]


def test_an_order_is_open_at_the_limit_that_the_book_gave_it() -> None:
    stream = (
        set_band(BandMode.PAUSE, 100, 5),
        new_order(1, Side.BUY, 10, 300, participant=5),
        new_order(2, Side.BUY, 1, 100, participant=5),
    )
    times_ns = np.arange(3, dtype=np.int64)
    limits = RiskLimits((RiskRule(gross_notional=1_000),), None, None, b"", "limits.toml")
    found = apply_risk_limits(np.concatenate(stream), times_ns, partial(make_book, "reference"), limits)
    assert [(b.order_id, b.value) for b in found.breaches] == [(1, 3_000), (2, 10 * 105 + 100)]


def test_lots_that_self_trade_prevention_cancels_on_arrival_are_not_open() -> None:
    own = new_order(1, Side.SELL, 4, 100, participant=5)
    newest = new_order(2, Side.BUY, 10, 100, participant=5, self_trade=SelfTrade.NEWEST)
    assert limited(10, own, newest, probe(10)) == []


@pytest.mark.parametrize("tif", [TimeInForce.GTC, TimeInForce.DAY, TimeInForce.AON, TimeInForce.ON_OPEN])
def test_an_order_that_stays_is_open_whatever_its_time_in_force(tif: TimeInForce) -> None:
    assert limited(10, new_order(1, Side.BUY, 10, 100, participant=5, tif=tif), probe(1)) == [(99, 11)]


@pytest.mark.parametrize("tif", [TimeInForce.IOC, TimeInForce.FOK])
def test_an_order_that_goes_at_once_is_not_open(tif: TimeInForce) -> None:
    assert limited(10, new_order(1, Side.BUY, 10, 100, participant=5, tif=tif), probe(10)) == []


def test_an_order_that_trades_with_an_all_or_none_order_that_looks_again_is_no_longer_open() -> None:
    waiting = new_order(1, Side.SELL, 9, 100, tif=TimeInForce.AON)
    first = new_order(2, Side.BUY, 5, 100, participant=5)
    assert limited(9, waiting, first, new_order(3, Side.BUY, 4, 100, participant=5), probe(1)) == [(99, 10)]


def test_a_recorded_execution_has_no_taker_even_if_an_order_has_id_0() -> None:
    stream = (
        new_order(0, Side.BUY, 5, 90, participant=5),
        new_order(1, Side.SELL, 5, 100),
        execute(1, 5),
        cancel(0),
    )
    assert limited(5, *stream, probe(6)) == [(99, 6)]
