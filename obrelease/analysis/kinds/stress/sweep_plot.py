"""The plot of a load sweep, drawn again from the table that the run recorded."""

from __future__ import annotations

from pathlib import Path

from obrelease.analysis.kinds.csv_table import whole_numbers
from obrelease.analysis.kinds.listed_table import listed_table
from obrelease.analysis.kinds.stress.kind import run_title
from obrelease.analysis.kinds.stress.plots import latency_against_load
from obrelease.analysis.kinds.stress.tables import LOAD_COLUMNS, SWEEP_FILE, LoadRow
from obrelease.errors import InvalidInput
from obrelease.models.artefact import Artefact


def sweep_pictures(artefact: Artefact, folder: Path) -> dict[str, bytes]:
    """The plot of the sweep by file name; none for a run without a sweep.

    Raises:
        IntegrityError: the table is not the file that the envelope lists.
        InvalidInput, NotFound, StorageError: it is no table of loads, or cannot be read.
    """
    table = listed_table(artefact, folder, SWEEP_FILE) if artefact.kind == "stress" else None
    if table is None:
        return {}
    rows = whole_numbers(table, LOAD_COLUMNS, text_columns=0)
    if not rows:
        raise InvalidInput(f"{folder / SWEEP_FILE}: is not a table of loads")
    knee = next((each.samples[0] for each in artefact.metrics if each.name == "knee" and each.samples), 0)
    parameters = artefact.parameters
    seed = artefact.workload.seed if artefact.workload else None
    title = run_title(parameters.get("arrivals"), parameters.get("core"), seed)
    loads = [LoadRow(*row) for row in rows]
    return {"knee.svg": latency_against_load(loads, knee_msg_s=int(knee), title=title)}
