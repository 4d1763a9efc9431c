"""Both sides of `measure --against` import their own sources, however the project is installed."""

from __future__ import annotations

import json
import subprocess
import venv
from pathlib import Path

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
WRITES = """\
import json, parser_of_tests
rows = [{"name": "parse", "run_type": "iteration", "iterations": 1, "cpu_time": 1, "time_unit": "ms",
         "real_time": parser_of_tests.VALUE * (1 + 0.001 * n)} for n in range(3)]
print(json.dumps({"context": {"executable": "./bench"}, "benchmarks": rows}))
"""
MEASURE = ["measure", "--json", "--runs", "4", "--format", "google-benchmark", "--against", "HEAD"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with its package in `src`; the work tree is twice as slow as its commit."""
    root = tmp_path / "project"
    (root / "src" / "parser_of_tests").mkdir(parents=True)
    package = root / "src" / "parser_of_tests" / "__init__.py"
    package.write_text("VALUE = 10")
    (root / "bench.py").write_text(WRITES)
    (root / ".gitignore").write_text("/results/\n__pycache__\n")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*GIT, *words], cwd=root, check=True)
    package.write_text("VALUE = 20")
    (tmp_path / "temporary").mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "mpl"))
    monkeypatch.delenv("OBRELEASE_RESULTS", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return root


def test_a_slower_package_is_found_although_the_checkout_is_installed(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    venv.create(tmp_path / "env", symlinks=True)
    (site,) = (tmp_path / "env").glob("lib/python3*/site-packages")
    (site / "parser.pth").write_text(f"{project / 'src'}\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'env' / 'bin'}:/usr/bin:/bin")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert execute([*MEASURE, "--", "python3", "bench.py"]) == ExitCode.CHECK_FAILED
    shown = capsys.readouterr()
    assert json.loads(shown.out)["measurements"][0]["verdict"] == "regression"
    assert "each gets PYTHONPATH=src of its own copy" in shown.err
