"""What risk limits saw of a replay, as files beside the envelope: breaches, the agent's series, a picture."""

from __future__ import annotations

from typing import Final

import numpy as np

from obengine.harness.outcome import RiskOutcome
from obengine.risk.limits_file import MAKER, MAKER_NAME
from obrelease.analysis.plots.risk import inventory_and_pnl
from obrelease.analysis.tables.csv_bytes import csv_table
from obrelease.storage.durable import NewFile

_BREACH_COLUMNS = ("time_ns", "kind", "participant", "symbol", "order_id", "limit", "value")

LIMITS_FILE: Final = "risk-limits.toml"
"""The limits as they were read; a run's command names this file, which lies beside its envelope."""


def risk_files(risk: RiskOutcome, *, title: str) -> tuple[NewFile, ...]:
    """The limits file as it was, every breach, and the market maker's inventory and profit."""
    rows = [
        (
            breach.time_ns,
            str(breach.kind),
            MAKER_NAME if breach.participant == MAKER else str(breach.participant),
            breach.symbol,
            str(breach.order_id),
            breach.limit,
            breach.value,
        )
        for breach in risk.breaches
    ]
    files = [
        NewFile(LIMITS_FILE, "application/toml", risk.limits.text),
        NewFile("risk-breaches.csv", "text/csv", csv_table(_BREACH_COLUMNS, rows)),
    ]
    if risk.series["time_ns"].size:
        names = ("time_ns", "inventory_lots", "pnl")
        told = np.stack([risk.series[name] for name in names], axis=1).tolist()
        breach_ns = np.array([b.time_ns for b in risk.breaches if b.participant == MAKER], dtype=np.int64)
        time_ns, inventory_lots, pnl = (risk.series[name] for name in names)
        picture = inventory_and_pnl(time_ns, inventory_lots, pnl, breach_ns, title=title)
        files += [
            NewFile("risk-series.csv", "text/csv", csv_table(names, told)),
            NewFile("inventory.svg", "image/svg+xml", picture),
        ]
    return tuple(files)
