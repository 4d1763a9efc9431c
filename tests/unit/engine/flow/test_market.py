"""The five market regimes: shares, lives and swings as described, and the same bytes on every machine."""

from __future__ import annotations

import numpy as np
import pytest

from obengine.api.messages import COMMAND, EventKind, Op, RejectCode, TimeInForce, records_digest
from obengine.cores import make_book
from obengine.flow.market import (
    FLASH_CRASH,
    NORMAL,
    REGIMES,
    START_MID_TICKS,
    STATIC,
    MarketProfile,
    generate_market,
    mid_path_ticks,
)
from obengine.harness.bench import run_bench

GOLDEN = {
    "static": "97d6ad46b62186eb",
    "normal": "f47d2ac035905394",
    "swing-25": "1749f8ffb2824daa",
    "swing-40": "ccd6b5c1ab865563",
    "flash-crash": "d114629c31df04c6",
}
"""Start of the commands digest of 20,000 messages of seed 42."""


@pytest.mark.parametrize("regime", REGIMES, ids=lambda regime: regime.name)
def test_shares_are_those_of_the_description(regime: MarketProfile) -> None:
    commands = generate_market(regime, 42, 100_000)
    new = commands[commands["op"] == Op.NEW]
    cancels = commands[commands["op"] == Op.CANCEL]
    modifies = commands[commands["op"] == Op.MODIFY]
    assert (commands.size, commands.dtype) == (100_000, COMMAND)
    assert 0.49 < new.size / commands.size < 0.51
    ioc = (new["tif"] == TimeInForce.IOC).mean()
    assert ioc == pytest.approx(0.15, abs=0.006)
    good = new.size * (1 - ioc)
    assert np.unique(cancels["order_id"]).size / good == pytest.approx(0.95, abs=0.01)
    assert np.unique(modifies["order_id"]).size / good == pytest.approx(0.20, abs=0.01)
    repeated = cancels.size - np.unique(cancels["order_id"]).size
    assert repeated / cancels.size == pytest.approx(0.02, abs=0.004)
    assert (new["qty_lots"].min(), new["qty_lots"].max()) == (1, 100)
    assert new["order_id"].tolist() == list(range(1, new.size + 1))


def test_the_first_modify_of_an_order_comes_before_its_cancel() -> None:
    commands = generate_market(NORMAL, 3, 20_000)
    seen: dict[int, set[int]] = {}
    for op, order_id in zip(commands["op"].tolist(), commands["order_id"].tolist(), strict=True):
        if op == Op.NEW:
            seen[order_id] = set()
        elif op == Op.MODIFY and Op.MODIFY not in seen[order_id]:
            assert Op.CANCEL not in seen[order_id]
        seen[order_id].add(op)


def test_the_mid_swings_as_far_as_asked() -> None:
    assert set(mid_path_ticks(0, 42, 5_000).tolist()) == {START_MID_TICKS}
    ends = [int(mid_path_ticks(250, seed, 2_000)[-1]) for seed in range(200)]
    logs = np.log(np.array(ends) / START_MID_TICKS)
    assert logs.std() == pytest.approx(0.25, rel=0.15)
    assert logs.mean() == pytest.approx(-(0.25**2) / 2, abs=0.06)
    assert mid_path_ticks(600, 1, 1)[0] == START_MID_TICKS


def test_depth_has_its_hump_at_eight_ticks() -> None:
    new = generate_market(STATIC, 1, 200_000)
    new = new[new["op"] == Op.NEW]
    depth = np.bincount(np.abs(new["price_ticks"] - START_MID_TICKS))
    assert depth[0] == 0
    assert 7 <= int(np.argmax(depth)) <= 9
    assert depth[8] / depth[1] == pytest.approx(3.76, rel=0.15)
    assert depth.size <= 257


def test_rejects_are_the_repeated_messages_alone() -> None:
    events = make_book("reference").apply(generate_market(FLASH_CRASH, 42, 20_000))
    refused = events[events["kind"] == EventKind.REJECTED]
    assert refused.size > 0
    assert set(refused["detail"].tolist()) == {int(RejectCode.UNKNOWN_ORDER)}


def test_a_regime_is_measured_like_any_scenario() -> None:
    outcome = run_bench("flash-crash", core="reference", passes=1, messages=3_000)
    assert all(check.passed for check in outcome.checks)
    assert outcome.workload.version == 1


def test_bytes_are_those_of_every_machine() -> None:
    made = {regime.name: records_digest(generate_market(regime, 42, 20_000))[:16] for regime in REGIMES}
    assert made == GOLDEN


@pytest.mark.parametrize(("seed", "messages"), [(2**64, 10), (-1, 10), (1, -1), (1, 2**40)])
def test_numbers_out_of_range(seed: int, messages: int) -> None:
    with pytest.raises(ValueError, match=r"seed|number of messages"):
        generate_market(NORMAL, seed, messages)
