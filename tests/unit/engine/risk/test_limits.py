"""Risk: each limit with the value that breaks it, files that must be refused, and the market maker."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from obengine.api.errors import LimitsError, WorkloadError
from obengine.api.messages import COMMAND, Op, Side
from obengine.cores import make_book
from obengine.feeds.itch50_sample import write_itch50_sample
from obengine.feeds.lobster import read_pair
from obengine.feeds.lobster_sample import lobster_sample_pair, write_lobster_sample
from obengine.feeds.tape import write_tape
from obengine.harness.outcome import RiskOutcome
from obengine.harness.replay import run_replay
from obengine.harness.replay_risk import apply_risk_limits
from obengine.risk.limits import BreachKind, RiskEngine, RiskOrder, RiskRule
from obengine.risk.limits_file import MAKER, MakerPlan, RiskLimits, read_limits
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


WHOLE = """
version = 1
expect = { order-rate = 2 }
[[limit]]
participant = "NITE"
symbol = "B"
inventory_lots = 0
[[limit]]
participant = 7
orders_per_s = 5
burst = 3
[market_maker]
half_spread_ticks = 3
quote_lots = 4
"""


def limits_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "limits.toml"
    path.write_text(text)
    return path


def test_a_whole_file(tmp_path: Path) -> None:
    limits = read_limits(limits_file(tmp_path, WHOLE), symbols=("A", "B"), participants=("NITE",))
    assert limits.rules == (
        RiskRule(participant=1, symbol=1, inventory_lots=0),
        RiskRule(participant=7, orders_per_s=5, burst=3),
    )
    assert limits.maker == MakerPlan(1, 0, 3, 4, 0)
    assert limits.expected is not None
    assert limits.expected["order-rate"] == 2
    assert sum(limits.expected.values()) == 2
    assert set(limits.expected) == {str(kind) for kind in BreachKind}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("version = ", "not valid TOML"),
        ("", "version: is missing"),
        ("version = 2", "version: must be 1, not 2"),
        ("version = 1\nlimits = 3", "unknown key 'limits'"),
        ("version = 1\nlimit = 3", r"\[\[limit\]\]"),
        ("version = 1\n[[limit]]\nopen_order = 3", "limit 1: unknown key 'open_order'"),
        ("version = 1\n[[limit]]\nopen_orders = -1", "limit 1: open_orders must be an integer from 0"),
        ("version = 1\n[[limit]]\nopen_orders = 1.5", "must be an integer"),
        ("version = 1\n[[limit]]\nopen_orders = true", "must be an integer"),
        (
            "version = 1\n[[limit]]\nopen_orders = 1\n[[limit]]\ninventory_lots = -3",
            "limit 2: inventory_lots",
        ),
        ("version = 1\n[[limit]]\nkill_after_breaches = 0", "from 1"),
        ("version = 1\n[[limit]]\nburst = 2", "burst has no effect"),
        ("version = 1\n[[limit]]\nsymbol = 'A'", "has no limit"),
        ("version = 1\n[[limit]]\nsymbol = 'C'\nopen_orders = 1", "unknown symbol 'C'; known: A, B"),
        (
            "version = 1\n[[limit]]\nparticipant = 'X'\nopen_orders = 1",
            "unknown participant 'X'; known: maker",
        ),
        ("version = 1\n[[limit]]\nparticipant = -1\nopen_orders = 1", "unknown participant -1"),
        ("version = 1\nexpect = 'some'", 'expect: must be "none" or a table'),
        ('version = 1\nexpect = "none"', "expect: has no effect without a"),
        ("version = 1\nexpect = { speed = 1 }", "unknown key 'speed'"),
        ("version = 1\nexpect = { inventory = -1 }", "inventory must be an integer"),
        ("version = 1\nmarket_maker = 3", "market_maker: must be a table"),
        ("version = 1\n[market_maker]\nquote_lots = 1", "half_spread_ticks is missing"),
        ("version = 1\n[market_maker]\nquote_lots = 1\nhalf_spread_ticks = 0", "from 1"),
        ("version = 1\n[market_maker]\nquote_lots = 1\nhalf_spread_ticks = 1\nseed = -1", "seed"),
        ("version = 1\n[market_maker]\nspread = 1", "unknown key 'spread'"),
    ],
)
def test_invalid_limits_files_are_rejected(tmp_path: Path, text: str, reason: str) -> None:
    path = limits_file(tmp_path, text)
    with pytest.raises(LimitsError, match=reason) as caught:
        read_limits(path, symbols=("A", "B"), participants=())
    assert str(caught.value).startswith(f"{path}: ")


def test_a_missing_limits_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(LimitsError, match="cannot be read"):
        read_limits(tmp_path / "limits.toml", symbols=(), participants=())


MAKER_LIMITS = """
version = 1
expect = {expect}
[[limit]]
participant = "maker"
orders_per_s = 20
burst = 4
inventory_lots = 60
[market_maker]
half_spread_ticks = 300
quote_lots = 20
"""


def watched(tmp_path: Path, expect: str, *, core: str = "reference") -> tuple[RiskOutcome, bool]:
    path = write_lobster_sample(tmp_path, rows=1_500)
    limits = limits_file(tmp_path, MAKER_LIMITS.replace("{expect}", expect))
    outcome = run_replay(path, core=core, passes=1, risk=limits)
    assert outcome.risk is not None
    check = next(check for check in outcome.checks if check.name == "risk-expectation")
    assert check == outcome.risk.check
    return outcome.risk, check.passed


def test_the_check_compares_breaches_with_the_expectation(tmp_path: Path) -> None:
    risk, passed = watched(tmp_path, '"none"')
    assert not passed
    assert "not 0" in risk.check.detail
    found = {str(kind): sum(breach.kind == kind for breach in risk.breaches) for kind in BreachKind}
    exact = ", ".join(f"{kind} = {count}" for kind, count in found.items() if count)
    again, passed = watched(tmp_path, f"{{ {exact} }}", core="native")
    assert passed, again.check
    assert again.breaches == risk.breaches
    assert all((again.series[name] == risk.series[name]).all() for name in risk.series)
    assert risk.series["time_ns"].size > 20
    assert abs(risk.series["inventory_lots"]).max() <= 60


def test_market_maker_and_unnamed_window_orders_are_separate() -> None:
    day = read_pair(lobster_sample_pair(), core="reference")
    limits = RiskLimits(
        (),
        MakerPlan(symbol=0, seed=1, half_spread_ticks=300, quote_lots=20, skew_ticks_per_lot=0),
        None,
        b"",
        "limits.toml",
    )
    outcome = apply_risk_limits(day.commands, day.command_times_ns(), partial(make_book, "reference"), limits)
    assert outcome.check.counts["maker-fills"] > 10
    pnl, price = outcome.series["pnl"], 500_000
    assert int(np.abs(pnl).max()) < 20 * price, "a fill that is not in the inventory costs a whole quote"


def test_owners_of_recorded_orders_are_checked(tmp_path: Path) -> None:
    path = write_itch50_sample(tmp_path / "s.itch", messages=500)
    text = 'version = 1\n[[limit]]\nparticipant = "NITE"\nopen_orders = 3\n'
    outcome = run_replay(path, core="reference", passes=1, risk=limits_file(tmp_path, text))
    assert outcome.risk is not None
    assert outcome.risk.check.passed
    assert {breach.kind for breach in outcome.risk.breaches} == {BreachKind.OPEN_ORDERS}
    assert outcome.risk.series["time_ns"].size == 0


def test_risk_limits_for_a_tape_are_rejected(tmp_path: Path) -> None:
    from obengine.flow.baseline import STEADY, generate

    write_tape(tmp_path / "t.obtape", generate(STEADY, 1, 10).commands)
    with pytest.raises(WorkloadError, match="no times"):
        run_replay(
            tmp_path / "t.obtape", core="reference", passes=1, risk=limits_file(tmp_path, "version = 1")
        )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"x = " + b"[" * 3_000, "not valid TOML"),
        (b"x = " + b"9" * 5_000, "not valid TOML"),
        (b"version = 0x" + b"f" * 5_000, "must be 1, not an integer of thousands of digits"),
        (b"a" + b".a" * 3_000 + b" = 1", "more than 64 dots"),
        (b"# x\n" * 100_000, "larger than 262144 bytes"),
    ],
)
def test_hostile_limits_files_are_refused(tmp_path: Path, text: bytes, reason: str) -> None:
    path = tmp_path / "limits.toml"
    path.write_bytes(text)
    with pytest.raises(LimitsError, match=reason):
        read_limits(path, symbols=("A",), participants=())


def test_a_limits_file_is_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "limits.toml")
    with pytest.raises(LimitsError, match="not a regular file"):
        read_limits(tmp_path / "limits.toml", symbols=("A",), participants=())
