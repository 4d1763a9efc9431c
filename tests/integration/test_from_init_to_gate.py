"""From `init` through import and tag to a gate that stops an injected regression, with the real tools.

Google Benchmark and hyperfine are the packages of Debian that `.ci/run` installs; pytest-benchmark is a
dependency of the tests. What is measured waits for a time that a file of the tree names.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.release.init_project import GATE
from tests.program import environment

RUNS = 4
GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
GOOGLE = """\
#include <benchmark/benchmark.h>

#include <chrono>
#include <fstream>
#include <thread>

static void waits(benchmark::State& state) {
    double delay_s = 0;
    std::ifstream("delay") >> delay_s;
    for (auto _ : state) std::this_thread::sleep_for(std::chrono::duration<double>(delay_s));
}
BENCHMARK(waits)->UseRealTime()->Iterations(2)->Repetitions(2)->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
"""
PYTEST = """\
import pathlib, time

def test_waits(benchmark):
    delay = float(pathlib.Path("delay").read_text())
    benchmark.pedantic(time.sleep, args=(delay,), rounds=3)
"""

Tool = Callable[[Path, Path], None]
"""Measures in a folder and writes a file."""


def google_benchmark(root: Path, file: Path) -> None:
    if not (root / "bench").exists():
        build = ["g++", "-O1", "bench.cpp", "-o", "bench", "-lbenchmark", "-pthread"]
        subprocess.run(build, cwd=root, check=True)
    words = [root / "bench", f"--benchmark_out={file}", "--benchmark_out_format=json"]
    subprocess.run(words, cwd=root, check=True, capture_output=True)


def pytest_benchmark(root: Path, file: Path) -> None:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "pytest_benchmark.plugin"]
    settings = {name: value for name, value in environment().items() if not name.startswith("PYTEST_")}
    settings["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # a fast start
    words += ["test_speed.py", f"--benchmark-json={file}"]
    subprocess.run(words, cwd=root, env=settings, check=True, capture_output=True)


def hyperfine(root: Path, file: Path) -> None:
    words = ["hyperfine", "--runs", "2", "--export-json", str(file), "./work"]
    subprocess.run(words, cwd=root, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that `init` set up, with a program for each tool."""
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "mpl"))
    for name in ("RESULTS", "FORGE", "RELEASES", "REMOTE", "PROJECT"):
        monkeypatch.delenv(f"OBRELEASE_{name}", raising=False)
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "t")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "t@example.org")
    (root / "bench.cpp").write_text(GOOGLE)
    (root / "test_speed.py").write_text(PYTEST)
    (root / "pytest.ini").write_text("[pytest]\n")
    (root / "work").write_text('#!/bin/sh\nexec sleep "$(cat delay)"\n')
    (root / "work").chmod(0o755)
    (root / ".gitignore").write_text("/bench\n__pycache__/\n")
    subprocess.run([*GIT, "init", "-q"], check=True)
    assert execute(["init", "--quiet", "--action", f"owner/obrelease@{'ab' * 20}"]) == ExitCode.OK
    return root


def commit(message: str) -> None:
    subprocess.run([*GIT, "add", "."], check=True)
    subprocess.run([*GIT, "commit", "-qm", message], check=True)


def release(root: Path, scratch: Path, tag: str, delay: str, measure: Tool) -> None:
    """Change the program, measure it, import the results, commit and tag."""
    (root / "delay").write_text(delay)
    commit(f"Waits {delay} s")
    files = [scratch / f"{tag}-{number}.json" for number in range(RUNS)]
    for file in files:
        measure(root, file)
    assert execute(["import", "--quiet", *map(str, files)]) == ExitCode.OK
    commit(f"Benchmarks of {tag}")
    assert execute(["tag", "--quiet", tag]) == ExitCode.OK


@pytest.mark.parametrize("measure", [google_benchmark, pytest_benchmark, hyperfine])
def test_the_gate_of_init_stops_an_injected_regression(
    measure: Tool, root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last command is that of the release action, which stops the workflow with its exit code."""
    gate = ["gate", "--policy", GATE, "--forge", "directory", "--release"]
    release(root, tmp_path, "v1.0", "0.05", measure)
    assert execute([*gate, "v1.0"]) == ExitCode.OK
    release(root, tmp_path, "v1.1", "0.2", measure)
    capsys.readouterr()
    assert execute([*gate, "v1.1"]) == ExitCode.CHECK_FAILED
    shown = capsys.readouterr()
    assert "gate: regression" in shown.out
    assert "waits" in shown.err or "work" in shown.err
