"""The table of measured speed: written by a script from recorded runs, and shown on the engine page."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from tests.program import ROOT, environment


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("speed_table", ROOT / "scripts" / "speed_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_has_the_table_of_the_recorded_runs(script: ModuleType) -> None:
    """As soon as a run of scripts/measure_speed.sh is committed, the page must show it, and only then."""
    recorded = script.speed_table(ROOT / "results")
    page = (ROOT / "docs" / "engine.md").read_text("utf-8")
    if script.BEGIN in page or recorded:
        assert script.replaced(page, recorded) == page, "run scripts/speed_table.py --write docs/engine.md"


def test_figures_of_the_benchmark_scripts_become_the_table(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The real script, measured twice with a short stream."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    bench = [sys.executable, str(ROOT / "scripts" / "bench_engine.py"), "--messages", "400", "--rounds", "1"]
    words = ["--runs", "2", "--title", script.TITLES[0], "--format", "custom", "--results", "runs"]
    assert execute(["measure", *words, "--", *bench, "--custom", "{output}"]) == ExitCode.OK, (
        capsys.readouterr()
    )
    table = script.speed_table(tmp_path / "runs")
    lines = table.splitlines()
    assert lines[0] == "| engine and peers | median | from | to | unit |"
    assert any(line.startswith("| reference ") and line.endswith(" | M/s |") for line in lines)
    assert lines[-1].startswith("2 runs of ")
    page = f"before\n{script.BEGIN}\nold\n{script.END}\nafter\n"
    assert script.replaced(page, table) == f"before\n{script.BEGIN}\n{table}{script.END}\nafter\n"
    assert script.replaced(script.replaced(page, table), table) == script.replaced(page, table)


def test_without_runs_or_marks_nothing_is_written(script: ModuleType, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "speed_table.py"), "--results", str(tmp_path)],
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == ExitCode.NOT_FOUND
    assert "no run" in done.stderr
    with pytest.raises(ValueError, match="not exactly one"):
        script.replaced("no marks", "table")
