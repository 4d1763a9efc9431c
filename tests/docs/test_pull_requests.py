"""The page on pull requests: every option of its commands, and every file that `init` writes for them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from obrelease.cli.app import execute
from obrelease.release.optional_workflows import PAGES, PULL_REQUEST, workflow_path

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "pull-requests.md").read_text("utf-8")
COMMON = {
    "--results",
    "--json",
    "--quiet",
    "--verbose",
    "--max-input",
    "--help",
    "--forge",
    "--no-pager",
    "--color",
}


@pytest.mark.parametrize("name", ["report", "comment"])
def test_every_option_is_in_the_table(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([name, "--help"]) == 0
    options = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", capsys.readouterr().out, re.MULTILINE))
    table = PAGE.partition(f"| option of `{name}` |")[2].partition("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    assert {option for cell in cells for option in re.findall(r"`(--[a-z-]+)", cell)} == options - COMMON


@pytest.mark.parametrize("name", [*PULL_REQUEST, *PAGES])
def test_every_workflow_is_named(name: str) -> None:
    assert Path(workflow_path(name)).name in PAGE
