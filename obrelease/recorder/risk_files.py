"""The files of a replay with risk limits: the limits, every breach, the market maker's series and plot."""

from __future__ import annotations

import numpy as np

from obengine.harness.outcome import RiskOutcome
from obengine.risk.limits_file import MAKER, MAKER_NAME, STRATEGY, STRATEGY_NAME
from obrelease.analysis.kinds.csv_table import csv_table
from obrelease.analysis.kinds.run_commands import LIMITS_FILE
from obrelease.analysis.plots.units import TICKS_AND_LOTS, PlotUnits
from obrelease.recorder.run_artefact import csv_file, svg_file
from obrelease.storage.durable import NewFile

BREACHES_FILE = "risk-breaches.csv"
_BREACH_COLUMNS = ("time_ns", "kind", "participant", "symbol", "order_id", "limit", "value")
_AGENTS = {MAKER: MAKER_NAME, STRATEGY: STRATEGY_NAME}


def limits_files(risk: RiskOutcome) -> list[NewFile]:
    """The limits file as it was, and every breach."""
    breaches = [
        (
            breach.time_ns,
            str(breach.kind),
            _AGENTS.get(breach.participant, str(breach.participant)),
            breach.symbol,
            str(breach.order_id),
            breach.limit,
            breach.value,
        )
        for breach in risk.breaches
    ]
    return [
        NewFile(LIMITS_FILE, "application/toml", risk.limits.text),
        csv_file(BREACHES_FILE, csv_table(_BREACH_COLUMNS, breaches)),
    ]


def risk_files(risk: RiskOutcome, *, title: str, units: PlotUnits = TICKS_AND_LOTS) -> tuple[NewFile, ...]:
    """The limits file as it was, every breach, and the market maker's inventory and profit."""
    files = limits_files(risk)
    if risk.series["time_ns"].size:
        # Imported here: it loads matplotlib, which only a run with this plot needs.
        from obrelease.analysis.kinds.timed_passes.risk_plot import inventory_and_pnl

        names = ("time_ns", "inventory_lots", "pnl")
        rows = np.stack([risk.series[name] for name in names], axis=1).tolist()
        breach_ns = np.array([b.time_ns for b in risk.breaches if b.participant == MAKER], dtype=np.int64)
        time_ns, inventory_lots, pnl = (risk.series[name] for name in names)
        plot = inventory_and_pnl(time_ns, inventory_lots, pnl, breach_ns, title=title, units=units)
        files += [
            csv_file("risk-series.csv", csv_table(names, rows)),
            svg_file("inventory.svg", plot),
        ]
    return tuple(files)
