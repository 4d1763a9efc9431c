"""What a short command loads: a library that it does not need costs more than its work."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from obrelease.registry.store import Registry
from obrelease.version import VERSION
from tests.drafts import draft
from tests.program import ROOT, START, run_program

LOADED = f"""
import sys
try:
    {START}
finally:
    print("loaded:", *sorted(sys.modules), file=sys.stderr)
"""
AT_ONCE = "import obrelease.registry.index.directory_stamps as stamps; stamps.SETTLE_NS = -1"
"""The index is trusted without waiting for the clock of the file system."""

MODELS = {"pydantic", "obrelease.models.artefact", "obrelease.models.validation"}
LIBRARIES = {"git", "jsonschema", "jsonschema_rs", "matplotlib", "numpy", "pandas", "requests", "rich"}


def loaded_by(*words: str, folder: Path, first: str = "") -> set[str]:
    """The modules that are loaded when the program has ended; `first` runs before it."""
    done = run_program(*words, cwd=folder, code=f"{first}\n{LOADED}")
    assert done.returncode == 0, done.stderr
    assert done.stdout
    return set(done.stderr.rpartition("loaded:")[2].split())


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_loads_no_parser_and_no_metadata(option: str, tmp_path: Path) -> None:
    unneeded = {"typer", "importlib.metadata", "pathlib", "dataclasses", *MODELS}
    assert not loaded_by(option, folder=tmp_path) & unneeded


def test_the_version_is_that_of_the_project() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == VERSION


def test_a_list_of_known_runs_loads_no_model(tmp_path: Path) -> None:
    Registry(tmp_path / "results").record(draft(1), [])
    for words in (("list",), ("list", "--limit", "1"), ("list", "kind=bench", "--results", "results")):
        loaded_by(*words, folder=tmp_path, first=AT_ONCE)
        assert not loaded_by(*words, folder=tmp_path, first=AT_ONCE) & {*MODELS, *LIBRARIES}


@pytest.mark.parametrize("words", [("--help",), ("list", "--help"), ("run", "bench", "--help")])
def test_help_loads_no_model(words: tuple[str, ...], tmp_path: Path) -> None:
    assert not loaded_by(*words, folder=tmp_path) & {*MODELS, *LIBRARIES}
