"""Prices and lots of a stream as a person reads them."""

from __future__ import annotations

from obengine.feeds.lobster_window import NO_ASK, NO_BID
from obengine.harness.units import LOBSTER_UNITS


def test_a_level_has_shares_and_a_price_in_currency() -> None:
    assert LOBSTER_UNITS.level(1_250, 2_239_500) == "1,250 shares at $223.9500 (2,239,500 x $0.0001)"
    assert LOBSTER_UNITS.level(0, NO_ASK) == LOBSTER_UNITS.level(0, NO_BID) == "none"
