"""Importers against damaged files: an artefact or an error of our tree, nothing else."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obrelease.errors import ObreleaseError
from obrelease.importers.google_benchmark_v1 import import_google_benchmark
from obrelease.importers.hlog import import_hlog
from obrelease.importers.hyperfine_v1 import import_hyperfine
from obrelease.importers.pytest_benchmark_v1 import import_pytest_benchmark
from obrelease.importers.version_1_import import ImportRequest
from obrelease.models.artefact_draft import ArtefactDraft
from obrelease.models.validation import check_document, document_bytes

DATA = Path(__file__).resolve().parents[1] / "data" / "imports"
JSON_IMPORTERS: dict[str, Callable[[ImportRequest], ArtefactDraft]] = {
    "google_benchmark.json": import_google_benchmark,
    "pytest_benchmark.json": import_pytest_benchmark,
    "hyperfine.json": import_hyperfine,
}
EVERY = JSON_IMPORTERS | {"hdr_histogram_js.hlog": import_hlog}
SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=20)
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=5), SCALARS, max_size=2)


def read_or_refuse(importer: Callable[[ImportRequest], ArtefactDraft], data: bytes) -> None:
    """Rule: whatever is accepted is a valid document; whatever is not raises an error of our tree."""
    with contextlib.suppress(ObreleaseError):
        artefact = importer(ImportRequest("any", data, 0)).artefact
        assert check_document(document_bytes(artefact), "any")[1] == ()


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value but long lists' tails."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value[:3]))
    return [at, *(path for key, child in inner for path in places(child, (*at, key)))]


@pytest.mark.parametrize("name", JSON_IMPORTERS)
@given(data=st.data())
def test_one_value_replaced(name: str, data: st.DataObject) -> None:
    """Rule: no value at any place of a real file makes an importer fail otherwise than by its tree."""
    document = json.loads((DATA / name).read_bytes())
    *way, last = data.draw(st.sampled_from(places(document)[1:]))
    holder = document
    for key in way:
        holder = holder[key]
    holder[last] = data.draw(VALUES)
    read_or_refuse(JSON_IMPORTERS[name], json.dumps(document).encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", EVERY)
@given(data=st.data())
def test_bytes_flipped_and_cut(name: str, data: st.DataObject) -> None:
    """Rule: a flipped byte and a lost end are refused or read, never a crash."""
    original = bytearray((DATA / name).read_bytes())
    original[data.draw(st.integers(0, len(original) - 1))] ^= data.draw(st.integers(1, 255))
    read_or_refuse(EVERY[name], bytes(original[: data.draw(st.integers(0, len(original)))]))


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    """Rule: bytes that no tool wrote are refused by the tree."""
    for importer in EVERY.values():
        read_or_refuse(importer, data)
