"""Seeded flow: shares, prefixes, seeds, and cancels that name resting orders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from obengine.api.messages import NO_PRICE, Op, OrderKind, Side, TimeInForce, records_digest
from obengine.flow.baseline import STEADY, generate


def test_shares_of_the_steady_profile() -> None:
    commands = generate(STEADY, 42, 50_000).commands
    cancels = commands["op"] == Op.CANCEL
    taking = ~cancels & (commands["tif"] == TimeInForce.IOC)
    assert 0.39 < cancels.mean() < 0.41
    assert 0.095 < taking.mean() < 0.105
    assert 0.45 < (commands["kind"][taking] == OrderKind.MARKET).mean() < 0.55


def test_fields_are_those_of_the_record_layout() -> None:
    commands = generate(STEADY, 5, 5_000).commands
    cancels = commands["op"] == Op.CANCEL
    market = commands["kind"] == OrderKind.MARKET
    assert not commands["flags"].any()
    assert not commands["symbol"].any()
    assert not commands["qty_lots"][cancels].any()
    assert (commands["price_ticks"][cancels | market] == NO_PRICE).all()
    assert (commands["tif"][market] == TimeInForce.IOC).all()
    new = commands[~cancels]
    assert (new["qty_lots"].min(), new["qty_lots"].max()) == (1, 100)
    assert (commands["participant"].min(), commands["participant"].max()) == (1, 16)
    assert new["order_id"].tolist() == list(range(1, new.size + 1))


def test_a_shorter_flow_is_a_prefix_of_a_longer_one() -> None:
    long, short = generate(STEADY, 3, 70_000).commands, generate(STEADY, 3, 1_234).commands
    assert records_digest(long[:1_234]) == records_digest(short)


def test_without_stale_cancels_no_order_is_cancelled_twice() -> None:
    commands = generate(replace(STEADY, stale_cancel_share=0), 8, 20_000).commands
    cancelled = commands["order_id"][commands["op"] == Op.CANCEL]
    assert np.unique(cancelled).size == cancelled.size


def test_adds_are_on_their_own_side_of_the_mid() -> None:
    profile = replace(STEADY, drift_share=0)
    commands = generate(profile, 8, 5_000).commands
    adds = commands[(commands["op"] == Op.NEW) & (commands["tif"] == TimeInForce.GTC)]
    away = (adds["price_ticks"] - profile.start_mid_ticks) * np.where(adds["side"] == Side.BUY, -1, 1)
    assert (away.min(), away.max()) == (1, 50)


def test_seeds_give_different_flows_and_one_seed_the_same() -> None:
    digests = {records_digest(generate(STEADY, seed, 100).commands) for seed in (0, 1, 2, 2**64 - 1)}
    assert len(digests) == 4
    assert records_digest(generate(STEADY, 2, 100).commands) in digests


def test_no_messages_and_fewer_than_none() -> None:
    assert generate(STEADY, 1, 0).commands.size == 0
    with pytest.raises(ValueError, match="must not be negative, not -1"):
        generate(STEADY, 1, -1)
    with pytest.raises(ValueError, match="seed"):
        generate(STEADY, 2**64, 5)
