"""What a simulated strategy made, in one line for people: profit, position, fills and orders."""

from __future__ import annotations

from obengine.harness.outcome import SimulationOutcome
from obengine.harness.units import Units


def strategy_result(outcome: SimulationOutcome, units: Units | None) -> str:
    """At the last change: `profit -$3.17, position -31 shares, 6 fills (500 shares) of 737 orders`.

    The profit is after fees, open lots valued at the middle price; in ticks x lots where the currency is not
    known. The position of several symbols is the sum of the absolute ones.
    """
    counts, series = outcome.result.counts, outcome.series
    lots = "lots" if units is None else units.lot_name
    held = "position" if len(outcome.result.symbols) == 1 else "gross position"
    return (
        f"profit {_money(int(series['pnl'][-1]), units)},"
        f" {held} {int(series['inventory_lots'][-1]):,} {lots},"
        f" {counts['fills']:,} fills ({counts['filled-lots']:,} {lots}) of {counts['orders']:,} orders"
    )


def _money(ticks_lots: int, units: Units | None) -> str:
    if units is None or not units.currency:
        return f"{ticks_lots:,} ticks x lots"
    amount = ticks_lots * units.unit
    return f"{'-' if amount < 0 else ''}{units.currency}{abs(amount):,.2f}"
