"""The formats that can be imported, by the name of the tool; only the one that is wanted is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final, cast

from obrelease.importers.artefact_builder import Draft, Request

_READERS: Final[Mapping[str, str]] = {
    "google-benchmark": "google_benchmark",
    "pytest-benchmark": "pytest_benchmark",
    "hyperfine": "hyperfine",
    "hlog": "hlog",
}

FORMATS: Final = tuple(_READERS)
"""The names of all formats."""


def reader_of(name: str) -> Callable[[Request], Draft]:
    """What reads a file of this format; `name` is one of `FORMATS`."""
    module = _READERS[name]
    found = getattr(import_module(f"obrelease.importers.{module}"), f"import_{module}")
    return cast("Callable[[Request], Draft]", found)
