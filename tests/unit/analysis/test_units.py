"""Units on the axes of plots of replays."""

from __future__ import annotations

from obrelease.analysis.plots.units import TICKS_AND_LOTS, PlotUnits


def test_ticks_are_whole_and_currency_has_cents() -> None:
    dollars = PlotUnits("$", 0.0001, "shares")
    assert TICKS_AND_LOTS.price_format()(12_345) == "12,345"
    assert dollars.price_format()(1_223.5) == "1,223.50"
    assert (TICKS_AND_LOTS.value, dollars.value) == ("ticks x lots", "$")
