"""Runs of a sweep that were measured where its claims are not seen, and came here by copy or a registry."""

from __future__ import annotations

from collections.abc import Sequence

from obrelease.measurement.sweeps.cells import Cell
from obrelease.measurement.sweeps.outcomes import DoneCell, settled_keys, write_done
from obrelease.measurement.sweeps.sweep_folder import SweepFolder
from obrelease.measurement.sweeps.worker import LABEL
from obrelease.registry.filter import Filter
from obrelease.registry.store import Registry


def adopt_runs(folder: SweepFolder, cells: Sequence[Cell]) -> int:
    """Note the cells as recorded whose runs are in the results folder; returns how many.

    Of several runs of one cell, which two machines measured that shared nothing, the oldest counts.

    Raises:
        StorageError: the results folder cannot be read, or the disk refused.
    """
    left = {cell.key for cell in cells} - settled_keys(folder)
    store, adopted = Registry(folder.results), 0
    for entry in sorted(store.find(Filter(labels=((LABEL, folder.name),))), key=lambda each: each.created_ns):
        artefact = store.load(entry)
        key = str(artefact.label_values.get(f"{LABEL}.cell"))
        if key not in left:
            continue
        left.discard(key)
        adopted += write_done(
            folder,
            DoneCell(
                key=key,
                digest=entry.digest,
                host=artefact.host.name or "",
                finished_ns=str(entry.created_ns),
                milliseconds=0,
            ),
        )
    return adopted
