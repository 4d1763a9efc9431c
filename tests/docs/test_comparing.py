"""The page on comparing: every option, every key of a policy, and the tables of the recorded calibration."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from itertools import takewhile
from pathlib import Path

import pytest

from obrelease.analysis.comparison.gate_policy import GatePolicy, GuardedMetric
from obrelease.analysis.comparison.verdict import Verdict
from obrelease.cli.app import execute

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "comparing.md").read_text("utf-8")
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


def test_the_tables_are_those_of_the_recorded_calibration(capsys: pytest.CaptureFixture[str]) -> None:
    """Rule: the page has both tables, as the script prints the recorded figures; no other page does."""
    spec = importlib.util.spec_from_file_location("calibrate_gate", ROOT / "scripts" / "calibrate_gate.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = script
    spec.loader.exec_module(script)
    assert script.main(["--from", str(ROOT / "docs" / "gate-calibration.json")]) == 0
    processes, many_metrics = capsys.readouterr().out.strip().split("\n\n")
    assert processes in PAGE
    assert many_metrics in PAGE
    header = many_metrics.partition("\n")[0]
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    assert sum(page.read_text("utf-8").count(header) for page in documents) == 1


def test_the_recorded_calibration_keeps_what_is_promised() -> None:
    """Rule: false alarms are 5 % within the error of the trials, and 5 % in one of 200 metrics is found."""
    document = json.loads((ROOT / "docs" / "gate-calibration.json").read_text("utf-8"))
    assert {row["setting"]["metrics"] for row in document["many_metrics"]} == {1, 10, 50, 200}
    for row in document["many_metrics"]:
        assert row["trials"] >= 1_000
        assert row["significant"] <= 6.6
        assert row["found"] >= 95
    assert all(row["alarms"] <= 7.3 for row in document["processes"] if row["found"] is None)
