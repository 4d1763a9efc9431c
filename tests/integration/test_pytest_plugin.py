"""`pytest --obrelease` with the real pytest-benchmark, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from obrelease.models.artefact import Artefact
from obrelease.registry.store import Registry
from tests.program import ROOT, environment, import_path

TESTS = """\
import pytest

@pytest.mark.parametrize("size", [10, 20])
def test_sum(benchmark, size):
    benchmark.pedantic(sum, args=(range(size),), rounds=5)

def test_of_something_else():
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with two benchmarks, and an installed distribution that has the plugin's entry point."""
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "test_speed.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    points = declared["entry-points"]["pytest11"]
    facts = tmp_path / "installed" / "made_up-1.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: made-up\nVersion: 1\n")
    lines = [f"{name} = {target}" for name, target in points.items()]
    (facts / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines]))
    return tmp_path


def run_pytest(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    settings = environment(PYTHONPATH=import_path(project / "installed"), TMPDIR=str(project))
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
        cwd=project,
        env={name: value for name, value in settings.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )


def recorded(folder: Path) -> list[Artefact]:
    registry = Registry(folder)
    return [registry.load(entry) for entry in registry.find()]


def test_what_was_measured_is_one_run_with_node_ids_as_names(project: Path) -> None:
    done = run_pytest(project, "--obrelease")
    assert done.returncode == 0, done.stdout + done.stderr
    (run,) = recorded(project / "results")
    names = {metric.name for metric in run.metrics}
    assert names >= {f"checks/test_speed.py::test_sum[{size}]" for size in (10, 20)}
    assert {len(metric.samples) for metric in run.metrics if metric.primary} == {5}
    assert "2 benchmarks recorded: " in done.stdout


def test_another_results_folder_and_no_option(project: Path) -> None:
    assert run_pytest(project, "checks", "--obrelease=kept/here").returncode == 0
    assert len(recorded(project / "kept" / "here")) == 1
    without = run_pytest(project, "checks")
    assert without.returncode == 0
    assert "obrelease" not in without.stdout.partition("plugins:")[2].partition("\n")[2]
    assert not (project / "results").exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--obrelease", "-p", "no:benchmark"], 4, "--obrelease needs pytest-benchmark"),
        (["--obrelease", "-n", "2"], 4, "cannot measure in parallel processes"),
        (["--obrelease", "checks"], 4, "took 'checks' as its results folder"),
        (["--obrelease", "--benchmark-disable"], 0, "nothing was recorded: no benchmark was measured"),
        (["--obrelease", "-k", "else"], 0, "nothing was recorded: no benchmark was measured"),
        (["--obrelease=pytest.ini"], 1, "is not a folder"),
    ],
)
def test_what_measures_nothing_is_named(words: list[str], code: int, message: str, project: Path) -> None:
    done = run_pytest(project, *words)
    assert done.returncode == code, done.stdout + done.stderr
    assert message in done.stdout + done.stderr
    assert not (project / "results").exists()


def test_a_failing_test_keeps_what_the_others_measured(project: Path) -> None:
    with (project / "checks" / "test_speed.py").open("a") as file:
        file.write("\ndef test_fails(benchmark):\n    benchmark(lambda: 1 / 0)\n")
    assert run_pytest(project, "--obrelease").returncode == 1
    (run,) = recorded(project / "results")
    assert not any("test_fails" in metric.name for metric in run.metrics)


def test_the_plugin_imports_nothing_of_the_program() -> None:
    """It is loaded in every session of pytest of an environment that has obrelease."""
    code = (
        "import sys, obrelease.cli.pytest_plugin;"
        "print(sorted(name for name in sys.modules if name.startswith('obrelease')))"
    )
    shown = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True)
    assert shown.stdout == "['obrelease', 'obrelease.cli', 'obrelease.cli.pytest_plugin']\n"
