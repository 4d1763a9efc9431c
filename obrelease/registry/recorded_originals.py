"""Finds the runs that were imported from given files, by the digests of those files.

The envelope of an import names the sha256 of its original. A search for that text in the bytes of each
envelope needs no index, and is right wherever the results folder came from.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from obrelease.errors import ObreleaseError
from obrelease.models.artefact import ENVELOPE_NAME, ORIGINAL_STEM
from obrelease.registry.entry import Entry
from obrelease.registry.filter import Filter
from obrelease.registry.store import Registry
from obrelease.storage.files import read_bounded

_IMPORTED: Final = Filter(kind="imported")


def runs_of_originals(store: Registry, digests: Iterable[str]) -> dict[str, Entry]:
    """The first run of each original file, by the sha256 of the file; files that have none are missing.

    Raises:
        StorageError: the results folder cannot be listed.
    """
    wanted = {digest.encode("ascii"): digest for digest in digests}
    found: dict[str, Entry] = {}
    if not wanted or not store.root.is_dir():
        return found
    for entry in sorted(store.find(_IMPORTED), key=lambda entry: (entry.created_ns, entry.digest)):
        try:
            data = read_bounded(entry.folder / ENVELOPE_NAME)
        except ObreleaseError:
            continue  # removed or damaged meanwhile; `fsck` names it
        for text in [text for text in wanted if text in data]:
            if wanted[text] in _originals(store, entry):
                found.setdefault(wanted[text], entry)
    return found


def _originals(store: Registry, entry: Entry) -> set[str]:
    """The digests of the originals of a run; none for a run that is damaged."""
    try:
        artefact = store.load(entry)
    except ObreleaseError:
        return set()
    return {file.sha256 for file in artefact.files if Path(file.path).stem == ORIGINAL_STEM}
