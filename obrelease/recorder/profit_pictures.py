"""The picture of a position and its profit, drawn again from the tables that the run recorded."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from obengine.harness.units import LOBSTER_UNITS
from obengine.risk.limits_file import MAKER_NAME, STRATEGY_NAME
from obrelease.analysis.kinds.listed_table import listed_table
from obrelease.analysis.plots.units import TICKS_AND_LOTS
from obrelease.errors import InvalidInput
from obrelease.models.artefact import Artefact
from obrelease.recorder.risk_files import BREACHES_FILE
from obrelease.recorder.timed_passes import plot_units

_COLUMNS: Final = ("time_ns", "inventory_lots", "pnl")
_PICTURES: Final = (
    ("strategy.svg", "strategy-pnl.csv", "strategy", STRATEGY_NAME),
    ("inventory.svg", "risk-series.csv", "synthetic market maker", MAKER_NAME),
)
_IN_DOLLARS: Final = frozenset({"lobster", "itch50"})
"""Workloads whose prices are dollars x 10,000."""


def profit_pictures(artefact: Artefact, folder: Path) -> dict[str, bytes]:
    """The position and profit of a run's strategy or market maker, by file name; none for other runs.

    Raises:
        IntegrityError: a table is not the file that the envelope lists.
        InvalidInput, NotFound, StorageError: it is no such table, or cannot be read.
    """
    workload = artefact.workload
    known = workload is not None and workload.name in _IN_DOLLARS
    units = plot_units(LOBSTER_UNITS) if known else TICKS_AND_LOTS
    found = {}
    for picture, table, subject, participant in _PICTURES:
        data = listed_table(artefact, folder, table)
        if data is None:
            continue
        # Imported here: it loads matplotlib, which only a run with this picture needs.
        from obrelease.analysis.kinds.timed_passes.risk_plot import inventory_and_pnl

        rows = _rows(data, _COLUMNS, folder / table)
        time_ns, inventory_lots, pnl = (_whole(rows, name, folder / table) for name in _COLUMNS)
        found[picture] = inventory_and_pnl(
            time_ns,
            inventory_lots,
            pnl,
            _breach_ns(artefact, folder, participant),
            title=f"{artefact.kind} {artefact.scenario}, {subject}",
            units=units,
        )
    return found


def _breach_ns(artefact: Artefact, folder: Path, participant: str) -> NDArray[np.int64]:
    """When the limits of a participant were broken."""
    place = folder / BREACHES_FILE
    data = listed_table(artefact, folder, BREACHES_FILE)
    rows = [] if data is None else _rows(data, ("time_ns", "participant"), place)
    return _whole([row for row in rows if row["participant"] == participant], "time_ns", place)


def _rows(table: bytes, names: Sequence[str], place: Path) -> list[dict[str, str]]:
    """The rows of a CSV file that has these columns."""
    try:
        reader = csv.DictReader(io.StringIO(table.decode("utf-8"), newline=""))
        rows = list(reader)
    except (ValueError, csv.Error) as error:
        raise InvalidInput(f"{place}: is not a table") from error
    if not set(names) <= set(reader.fieldnames or ()):
        raise InvalidInput(f"{place}: is not a table with the columns {', '.join(names)}")
    return rows


def _whole(rows: Sequence[dict[str, str]], name: str, place: Path) -> NDArray[np.int64]:
    """A column of whole numbers."""
    try:
        return np.array([int(row[name]) for row in rows], dtype=np.int64)
    except (ValueError, TypeError, OverflowError) as error:
        raise InvalidInput(f"{place}: a cell of {name} is no whole number") from error
