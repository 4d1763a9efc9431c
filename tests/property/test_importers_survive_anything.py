"""Importers against damaged files: runs or an error of our tree, nothing else; runs can be recorded."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obrelease.errors import ObreleaseError
from obrelease.importers.formats import importer_named, read_runs
from obrelease.importers.imported_artefact import GivenFacts, build_imported_run
from obrelease.importers.source import Source
from obrelease.models.validation import check_document, document_bytes
from obrelease.storage.durable import NewFile

DATA = Path(__file__).resolve().parents[1] / "data" / "imports"
JSON_FILES = {
    "google_benchmark.json": "google-benchmark",
    "pytest_benchmark.json": "pytest-benchmark",
    "hyperfine.json": "hyperfine",
}
EVERY = JSON_FILES | {"hdr_histogram_js.hlog": "hlog"}
SCALARS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20)
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=5), SCALARS, max_size=2)


def read_or_refuse(format_name: str, data: bytes) -> None:
    """Rule: whatever is accepted is a valid document; whatever is not raises an error of our tree."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "any")
        path.write_bytes(data)
        source = Source(path, "any", "any")
        with contextlib.suppress(ObreleaseError):
            importer = importer_named(format_name)
            importer.matches(source.head)
            for run in read_runs(importer, source):
                original = NewFile("original.txt", "text/plain", data)
                draft = build_imported_run(
                    run, original, GivenFacts(0), format_name=format_name, file_name="any"
                )
                assert check_document(document_bytes(draft.artefact), "any")[1] == ()


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value but long lists' tails."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value[:3]))
    return [at, *(path for key, child in inner for path in places(child, (*at, key)))]


@pytest.mark.parametrize("name", JSON_FILES)
@given(data=st.data())
def test_one_value_replaced(name: str, data: st.DataObject) -> None:
    """Rule: no value at any place of a real file makes an importer fail otherwise than by its tree."""
    document = json.loads((DATA / name).read_bytes())
    *way, last = data.draw(st.sampled_from(places(document)[1:]))
    holder = document
    for key in way:
        holder = holder[key]
    holder[last] = data.draw(VALUES)
    read_or_refuse(JSON_FILES[name], json.dumps(document).encode("utf-8", "surrogatepass"))


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
    for format_name in EVERY.values():
        read_or_refuse(format_name, data)
