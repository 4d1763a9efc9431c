"""The files of a replay with a strategy: its fills, what became of its orders, profit over time, a plot."""

from __future__ import annotations

import numpy as np

from obengine.api.messages import Side
from obengine.harness.outcome import SimulationOutcome
from obengine.simulation.orders import OrderEventKind, Reason
from obrelease.analysis.kinds.csv_table import csv_table
from obrelease.analysis.plots.units import TICKS_AND_LOTS, PlotUnits
from obrelease.recorder.run_artefact import csv_file, svg_file
from obrelease.storage.durable import NewFile

_FILLS = ("time_ns", "order_id", "symbol", "side", "lots", "price_ticks", "taker", "fee_millionths")
_EVENTS = ("time_ns", "order_id", "symbol", "side", "kind", "reason", "lots", "price_ticks", "ahead_lots")
_SERIES = ("time_ns", "inventory_lots", "pnl")


def simulation_files(
    simulation: SimulationOutcome, *, title: str, units: PlotUnits = TICKS_AND_LOTS
) -> tuple[NewFile, ...]:
    """The files of a simulated strategy."""
    result, series = simulation.result, simulation.series
    words = {
        "side": {int(each): each.name.lower() for each in Side},
        "kind": {int(each): _word(each.name) for each in OrderEventKind},
        "reason": {int(each): _word(each.name) for each in Reason},
    }
    files = []
    for path, names, frame in (
        ("strategy-fills.csv", _FILLS, result.fills),
        ("strategy-orders.csv", _EVENTS, result.events),
    ):
        columns = [
            [words[name][cell] for cell in frame[name].tolist()] if name in words else frame[name].tolist()
            for name in names
        ]
        files.append(csv_file(path, csv_table(names, list(zip(*columns, strict=True)))))
    rows = np.stack([series[name] for name in _SERIES], axis=1).tolist()
    files.append(csv_file("strategy-pnl.csv", csv_table(_SERIES, rows)))
    breaches = [] if simulation.risk is None else [breach.time_ns for breach in simulation.risk.breaches]
    # Imported here: it loads matplotlib, which only a run with this plot needs.
    from obrelease.analysis.kinds.timed_passes.risk_plot import inventory_and_pnl

    plot = inventory_and_pnl(
        series["time_ns"],
        series["inventory_lots"],
        series["pnl"],
        np.array(breaches, dtype=np.int64),
        title=title,
        units=units,
    )
    return (*files, svg_file("strategy.svg", plot))


def _word(name: str) -> str:
    return name.lower().replace("_", "-")
