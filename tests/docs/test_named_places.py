"""The documents for engineers against the tree: every module, file and link that they name is there."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.program import ROOT

DOCUMENTS = sorted(
    [*(ROOT / "docs").glob("**/*.md"), ROOT / ".github" / "CONTRIBUTING.md", ROOT / "README.md"]
)
PLACES = re.compile(r"`((?:obrelease|engine|tests|scripts|docs|schemas|\.ci|\.github)/[A-Za-z0-9_./-]+?)/?`")
MODULES = re.compile(r"`((?:obrelease|obengine)(?:\.[a-z_0-9]+)+)`")
LINKS = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
FORMATS = frozenset(f"obrelease.{name}" for name in ("artefact", "manifest", "plan", "toml"))


def named(document: Path) -> list[str]:
    """What a document names and is not there."""
    text = document.read_text("utf-8")
    missing = [place for place in PLACES.findall(text) if not (ROOT / place).exists()]
    missing += [link for link in LINKS.findall(text) if not (document.parent / link).exists()]
    missing += [name for name in MODULES.findall(text) if name not in FORMATS and not is_there(name)]
    return missing


def is_there(name: str) -> bool:
    """Whether a dotted name is a module, or a public name of one."""
    parent, _, last = name.rpartition(".")
    try:
        if find_spec(name) is not None:
            return True
    except ModuleNotFoundError:
        pass
    module = __import__(parent, fromlist=[last])
    return hasattr(module, last)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_what_a_document_names_is_there(document: Path) -> None:
    assert named(document) == []


def test_a_name_that_is_not_there_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("`obrelease/no.py` `obrelease.models.no` `obrelease.models.artefact` [x](no.md)\n")
    assert named(page) == ["obrelease/no.py", "no.md", "obrelease.models.no"]
