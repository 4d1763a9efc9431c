"""Plain orders in an AUCTION, the state of replayed feeds: both cores, with bad commands and a later OPEN."""

from __future__ import annotations

import numpy as np
import pytest

from obengine.api.messages import COMMAND, NO_PRICE, Commands, Op, TradingState
from obengine.api.orders import set_state
from obengine.native.book import NativeBook
from obengine.reference.book import ReferenceBook

SYMBOLS = 3


def commands(seed: int, count: int = 1_500) -> Commands:
    """News, cancels and executions of a few ids, so that many are duplicate or unknown; prices cross."""
    rng = np.random.default_rng(seed)
    made = np.zeros(count, COMMAND)
    made["op"] = rng.choice([Op.NEW, Op.NEW, Op.CANCEL, Op.EXECUTE, Op.MODIFY], count)
    made["side"] = rng.integers(0, 2, count)
    made["symbol"] = rng.integers(0, SYMBOLS, count)
    made["qty_lots"] = rng.integers(-1, 20, count)
    made["order_id"] = rng.integers(0, 60, count)
    made["price_ticks"] = rng.integers(95, 106, count)
    made["participant"] = rng.integers(0, 4, count)
    odd = rng.random(count)
    made["price_ticks"][odd < 0.02] = NO_PRICE
    made["kind"][(odd > 0.02) & (odd < 0.06)] = rng.integers(0, 4)
    made["tif"][(odd > 0.06) & (odd < 0.12)] = rng.integers(0, 5)
    made["flags"][(odd > 0.12) & (odd < 0.15)] = rng.integers(0, 300)
    return made


@pytest.mark.parametrize("seed", range(12))
def test_plain_orders_in_an_auction(seed: int) -> None:
    states = [set_state(TradingState.AUCTION, symbol=symbol) for symbol in range(SYMBOLS)]
    opened = [set_state(TradingState.OPEN, symbol=symbol) for symbol in range(SYMBOLS - 1)]
    stream = np.concatenate([*states, commands(seed), *opened, commands(seed + 100, 300)])
    slow, fast = ReferenceBook(SYMBOLS), NativeBook(SYMBOLS)
    for at in range(0, stream.size, 113):
        batch = stream[at : at + 113]
        assert fast.apply(batch).tobytes() == slow.apply(batch).tobytes()
        assert fast.audit() is None
    assert fast.state_digest() == slow.state_digest()
