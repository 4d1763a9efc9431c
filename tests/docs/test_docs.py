"""The pages in docs/ whose examples must run: every python and sh block, in order, in one empty folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import obengine
import obrelease
from obrelease.models.release_policy import LAYERS, PerformanceDemand, ReleasePolicy, SigstoreIdentity

DOCS = Path(__file__).resolve().parents[2] / "docs"
RUNNABLE = ("python-api.md",)


def runnable_blocks(page: str) -> list[tuple[str, str]]:
    """The language and the text of each block that is code."""
    return re.findall(r"^```(python|sh)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("name", RUNNABLE)
def test_every_block_runs_in_order(name: str, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    assert bash
    commands = {"python": [sys.executable, "-W", "error", "-c"], "sh": [bash, "-euo", "pipefail", "-c"]}
    folder, home = tmp_path / "project", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OBRELEASE_", "GITHUB_"))}
    environment = kept | {"HOME": str(home), "PYTHONPATH": os.pathsep.join(sys.path)}
    blocks = runnable_blocks((DOCS / name).read_text("utf-8"))
    assert {language for language, _ in blocks} == {"python", "sh"}
    for language, block in blocks:
        done = subprocess.run(
            [*commands[language], block], cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"


def test_every_public_function_type_and_error_is_on_the_page() -> None:
    page = (DOCS / "python-api.md").read_text("utf-8")
    values = {
        "Comparison",
        "ComparisonReport",
        "Entry",
        "GateReport",
        "GcReport",
        "PublishResult",
        "Reporter",
    }
    values |= {"ValidationReport", "VerifyResult", "__version__"}
    assert not {name for name in set(obrelease.__all__) - values if not re.search(rf"\b{name}\b", page)}


def test_every_public_name_of_the_engine_is_in_a_table() -> None:
    section = (DOCS / "python-api.md").read_text("utf-8").partition("## The engine: `obengine`")[2]
    rows = "\n".join(line for line in section.splitlines() if line.startswith("| "))
    named = set(re.findall(r"`(\w+)`", rows))
    assert not set(obengine.__all__) - named


def test_links_on_the_page_lead_to_a_heading() -> None:
    page = (DOCS / "python-api.md").read_text("utf-8")
    headings = {
        re.sub(r"[^a-z0-9 -]", "", text.lower()).replace(" ", "-")
        for text in re.findall(r"^## (.+)$", page, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([a-z0-9-]+)\)", page)) <= headings


def test_every_key_and_layer_of_a_release_policy_is_documented() -> None:
    text = (DOCS / "formats.md").read_text("utf-8").partition("## The release policy")[2]
    rows = dict(re.findall(r"^\| (.+?) \| (.+) \|$", text.partition("\n## ")[0], re.MULTILINE))
    keys = {name.strip("[]") for row in rows for name in re.findall(r"`([^`]+)`", row)}
    fields = (ReleasePolicy.model_fields, SigstoreIdentity.model_fields, PerformanceDemand.model_fields)
    assert keys == {name for each in fields for name in each}
    assert tuple(re.findall(r"`([^`]+)`", rows["`require`"])) == LAYERS
