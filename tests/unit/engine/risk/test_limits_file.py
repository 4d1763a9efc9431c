"""The limits file: what is read, what is refused, and the checks of a replay under it."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from obengine.api.errors import LimitsError, WorkloadError
from obengine.cores import make_book
from obengine.feeds.itch50_sample import write_itch50_sample
from obengine.feeds.lobster import read_pair
from obengine.feeds.lobster_sample import lobster_sample_pair, write_lobster_sample
from obengine.feeds.tape import write_tape
from obengine.harness.outcome import RiskOutcome
from obengine.harness.replay import run_replay
from obengine.harness.replay_risk import apply_risk_limits
from obengine.risk.limits import BreachKind, RiskRule
from obengine.risk.limits_file import MakerPlan, RiskLimits, read_limits

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
