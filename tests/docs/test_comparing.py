"""The page on comparing: every option, every key of a policy, and the tables of the recorded calibration."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

import pytest

from obrelease.analysis.comparison.gate_policy import GatePolicy, GuardedMetric
from obrelease.analysis.comparison.verdict import Verdict
from obrelease.cli.app import execute

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "comparing.md").read_text("utf-8")
COMMON = {"--results", "--json", "--quiet", "--verbose", "--max-input", "--help", "--forge"}


def first_cells(after: str) -> set[str]:
    """The words in code of the first column of the first table after a heading."""
    rows = iter(PAGE.partition(after)[2].lstrip().splitlines())
    while not next(rows).startswith("|--"):
        pass
    cells = [row.split("|")[1] for row in takewhile(lambda row: row.startswith("|"), rows)]
    return {word for cell in cells for word in re.findall(r"`([^`]+)`", cell)}


def test_every_option_of_diff_is_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["diff", "--help"]) == 0
    options = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", capsys.readouterr().out, re.MULTILINE))
    documented = {option.split()[0] for option in first_cells("## Comparing two sides")}
    assert documented == options - COMMON


def test_every_key_of_a_policy_is_in_the_table() -> None:
    assert first_cells("Keys that are not listed here are refused.") == set(GatePolicy.model_fields)
    assert first_cells("| `metric` |") == set(GuardedMetric.model_fields)


def test_every_verdict_is_explained() -> None:
    table = PAGE.partition("### Verdicts")[2].partition("## The gate")[0]
    assert all(re.search(rf"\b{verdict.label}\b", table) for verdict in Verdict)
