"""`measure --against` finds 10 % more work in C++ and in Python, and calls equal programs the same.

The programs wait for ticks of a clock instead of computing: so the cost of a tick is the same on a
busy machine, and the answer is known.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
CPP = """\
#include <chrono>
#include <thread>
int main() {
    auto at = std::chrono::steady_clock::now();
    for (int tick = 0; tick < 250; ++tick) std::this_thread::sleep_until(at += std::chrono::milliseconds(1));
}
"""
PYTHON = """\
import json, time

def work():
    start = at = time.perf_counter()
    for tick in range(100):
        at += 0.001
        time.sleep(max(0.0, at - time.perf_counter()))
    return 1e9 * (time.perf_counter() - start)

print(json.dumps({"work": {"latency": {"value": min(work() for _ in range(5))}}}))
"""
SETTINGS = """\
[tool.obrelease.benchmark.cpp]
build = "g++ -O1 -pthread work.cpp -o work"
run = ["./work"]
executions = 3
[tool.obrelease.benchmark.python]
run = ["python3", "-I", "-S", "work.py"]
format = "bencher"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one commit with both programs."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "work.cpp").write_text(CPP)
    (root / "work.py").write_text(PYTHON)
    (root / "obrelease.toml").write_text(SETTINGS)
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*GIT, *words], cwd=root, check=True)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "mpl"))
    monkeypatch.delenv("OBRELEASE_RESULTS", raising=False)
    monkeypatch.chdir(root)
    return root


def against_head(name: str, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    code = execute(["measure", name, "--against", "HEAD", "--json", *options])
    (found,) = json.loads(capsys.readouterr().out)["measurements"]
    return code, found


@pytest.mark.parametrize(("name", "source"), [("cpp", "work.cpp"), ("python", "work.py")])
def test_ten_percent_more_work_is_a_regression(
    name: str, source: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (project / source).read_text()
    slower = text.replace("tick < 250", "tick < 275").replace("range(100)", "range(110)")
    assert slower != text
    (project / source).write_text(slower)
    code, found = against_head(name, capsys)
    assert (code, found["verdict"]) == (ExitCode.CHECK_FAILED, "regression"), found["reasons"]


@pytest.mark.parametrize("name", ["cpp", "python"])
def test_equal_programs_are_the_same(name: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "notes").write_text("a change that no program reads")
    code, found = against_head(name, capsys, "--confirm")
    assert (code, found["verdict"]) == (ExitCode.OK, "ok"), found["reasons"]
