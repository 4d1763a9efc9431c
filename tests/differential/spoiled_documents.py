"""Artefacts as they are and gone wrong in one place, for readers that must agree on them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.json_schema import DOCUMENTS
from obrelease.models.validation import document_bytes
from tests.drafts import draft, histogram_ref

ROOT: Final = Path(__file__).resolve().parents[2]
ARTEFACTS: Final = {kind.version: kind for kind in DOCUMENTS if kind.name == "artefact"}
ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 2**53 - 1, 2**53, 10**30, 0.5, 1e300, "", "x", "x" * 5_000, "é", "../x",
    "a/b",
    "0" * 64, "f" * 40, "18446744073709551615", "18446744073709551616", "A-B", [], [None], {}, {"a": 1},
)  # fmt: skip


def one_document_of_each_kind() -> list[Any]:
    """The made documents, and the smallest committed envelope of each kind of run."""
    smallest: dict[str, Any] = {}
    for value in sorted(sound_documents(), key=lambda value: len(canonical_bytes(value))):
        smallest.setdefault(f"{value['kind']} {value['version']}", value)
    return sound_documents()[:2] + list(smallest.values())


def sound_documents() -> list[Any]:
    """Documents of every size: made ones, and the envelopes that are committed."""
    found = [
        json.loads(document_bytes(draft(1))),
        json.loads(document_bytes(draft(2, histograms=(histogram_ref(),), workload=None, outcome=None))),
    ]
    return found + [
        json.loads(path.read_bytes()) for path in sorted((ROOT / "results").rglob("artefact.json"))
    ]


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*at, key))
    elif isinstance(value, list):
        for index in range(min(len(value), 2)):
            yield from places(value[index], (*at, index))


def spoiled(value: Any, at: tuple[Any, ...], chance: random.Random) -> Any:
    """A copy with one thing changed at a place: replaced, removed, or something added to it."""
    if not at:
        return chance.choice(ODD)
    copy = deepcopy(value)
    holder = copy
    for step in at[:-1]:
        holder = holder[step]
    match chance.randrange(4):
        case 0:
            del holder[at[-1]]
        case 1 if isinstance(holder[at[-1]], dict):
            holder[at[-1]]["wonder"] = chance.choice(ODD)
        case 2 if isinstance(holder[at[-1]], str):
            text = holder[at[-1]]
            cut = chance.randrange(len(text) + 1)
            holder[at[-1]] = (
                text[:cut] + chance.choice(("", "G", " ", "0", "/", ".", "-", "_", "é")) + text[cut:]
            )
        case _:
            holder[at[-1]] = chance.choice(ODD)
    return copy
