"""`obrelease measure`: commands and benchmarks of the settings, alone and against a commit."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from obrelease.cli.app import execute
from obrelease.errors import ExitCode
from obrelease.measurement.host_lock import host_lock
from obrelease.models.artefact import Artefact
from obrelease.registry.store import Registry
from obrelease.storage.reporter import SILENT
from tests.program import environment, start_program

GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
WRITES_RESULTS = """\
import json, pathlib, sys
value = float(pathlib.Path("value").read_text())
rows = [{"name": "parse", "run_type": "iteration", "iterations": 1, "real_time": value * (1 + 0.001 * n),
         "cpu_time": value, "time_unit": "ms"} for n in range(3)]
text = json.dumps({"context": {"executable": "./bench"}, "benchmarks": rows})
pathlib.Path(sys.argv[1]).write_text(text) if sys.argv[1:] else print(text)
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one commit, in which the test runs; its measurements do not wait for other tests."""
    root = tmp_path / "project"
    (root / "sub").mkdir(parents=True)
    (root / "bench.py").write_text(WRITES_RESULTS)
    (root / "value").write_text("10")
    (root / "sub" / "here").write_text("sub")
    (root / ".gitignore").write_text("/results/\n")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*GIT, *words], cwd=root, check=True)
    monkeypatch.chdir(root)
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "mpl"))
    monkeypatch.delenv("OBRELEASE_RESULTS", raising=False)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return root


def answer(capsys: pytest.CaptureFixture[str], *words: str, code: ExitCode = ExitCode.OK) -> Any:
    assert execute(["measure", "--json", *words]) == code
    return json.loads(capsys.readouterr().out)


def recorded(project: Path) -> list[Artefact]:
    registry = Registry(project / "results")
    return [registry.load(entry) for entry in reversed(registry.find())]


def head(project: Path) -> str:
    words = ["git", "rev-parse", "HEAD"]
    return subprocess.run(words, cwd=project, check=True, capture_output=True, text=True).stdout.strip()


def test_a_command_is_timed_and_each_run_recorded(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (only,) = answer(capsys, "--runs", "2", "--executions", "3", "--label", "cpu=big", "--", "sleep", "0.01")[
        "measurements"
    ]
    runs = recorded(project)
    assert [run.title for run in runs] == ["sleep 0.01"] * 2
    assert {len(run.metrics[0].samples) for run in runs} == {3}
    assert {metric.name: metric.unit for metric in runs[0].metrics}.items() >= {
        "wall time": "ns",
        "user time": "ns",
        "system time": "ns",
    }.items()
    assert min(runs[0].metrics[0].samples) >= 10_000_000
    assert [metric.name for metric in runs[0].metrics if metric.primary] == ["wall time"]
    assert runs[0].command == ("obrelease", "measure", "--", "sleep", "0.01")
    assert runs[0].producer.commit == head(project)
    assert runs[0].sources.host == runs[0].sources.commit == runs[0].sources.created == "machine"
    assert runs[0].label_values == {"cpu": "big"}
    assert len(only["runs"]["head"]) == 2
    assert any(remark.startswith("warm-up: ") for remark in only["remarks"])


def test_the_text_has_a_table_of_the_metrics(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["measure", "--runs", "1", "--executions", "1", "-N", "--", "sleep 0.01"]) == ExitCode.OK
    shown = capsys.readouterr()
    assert shown.out.startswith("sleep 0.01: 1 run recorded\n\nMETRIC")
    assert "wall time" in shown.out
    assert "warm-up: " in shown.err


@pytest.mark.parametrize(
    ("words", "original"),
    [
        (["--", "python3 bench.py {output}"], "original.json"),
        (["--", "python3", "bench.py"], "original.json"),
        (["--files", "out/*.json", "--", "mkdir -p out && python3 bench.py out/found.json"], "original.json"),
    ],
)
def test_the_results_of_a_tool_are_read(
    words: list[str], original: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(capsys, "--runs", "1", "--format", "google-benchmark", *words)
    (run,) = recorded(project)
    assert {metric.name for metric in run.metrics} >= {"parse"}
    assert original in {file.path for file in run.files}
    assert run.producer.commit == head(project)
    assert run.sources.host == "machine"
    assert run.host.stable.system == "Linux", "a fact that the file does not give is that of this machine"


def test_words_that_no_text_can_hold_are_recorded(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(capsys, "--runs", "1", "--executions", "1", "--", "sh", "-c", "sleep 0.01", "\udcff", "x" * 5000)
    (run,) = recorded(project)
    assert run.command[-1] == "x" * 4096
    assert len(run.title) == 4096


def settings(project: Path, text: str) -> None:
    (project / "obrelease.toml").write_text(text)


TWO = """\
[tool.obrelease.benchmark.parser]
build = "cp value built"
run = ["python3", "bench.py", "{output}"]
format = "google-benchmark"
runs = 4
[tool.obrelease.benchmark.sleep]
run = "test $SECRET = a && sleep 0.01"
environment = { SECRET = "a" }
runs = 1
executions = 1
"""


def test_benchmarks_of_the_settings(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings(project, TWO)
    both = answer(capsys)["measurements"]
    assert [(each["title"], len(each["runs"]["head"])) for each in both] == [("parser", 4), ("sleep", 1)]
    assert (project / "built").read_text() == "10"
    assert [run.title for run in recorded(project)] == ["parser"] * 4 + ["sleep"]
    assert recorded(project)[0].command == ("obrelease", "measure", "parser")
    (one,) = answer(capsys, "parser", "--runs", "1")["measurements"]
    assert len(one["runs"]["head"]) == 1


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], ExitCode.USAGE, "there is nothing to measure"),
        (["--confirm", "--", "true"], ExitCode.USAGE, "need --against"),
        (["--against", "HEAD", "--threshold", "5", "--policy", "x", "--", "a"], ExitCode.USAGE, "combined"),
        (["--against", "HEAD", "--threshold", "0", "--", "true"], ExitCode.USAGE, "threshold"),
        (["--against", "HEAD", "--runs", "3", "--", "true"], ExitCode.USAGE, "needs 4 on each side"),
        (["--against", "no-such", "--", "true"], ExitCode.NOT_FOUND, "no-such"),
        (["--against=--output=x", "--", "true"], ExitCode.USAGE, "cannot name a commit"),
        (["--runs", "0", "--", "true"], ExitCode.USAGE, "--runs is from 1"),
        (["--executions", "0", "--", "true"], ExitCode.USAGE, "--executions is from 1"),
        (["--env", "A", "--", "true"], ExitCode.USAGE, "NAME=VALUE"),
        (["--format", "no-such", "--", "true"], ExitCode.USAGE, "no-such"),
        (["--", "no-such-program", "x"], ExitCode.NOT_FOUND, "no-such-program"),
        (["--", "echo why >&2; exit 3"], ExitCode.INVALID_INPUT, "exit code 3: why"),
        (["--build", "exit 4", "--", "sleep", "0.01"], ExitCode.INVALID_INPUT, "cannot be built"),
        (["--format", "google-benchmark", "--", "echo no results"], ExitCode.INVALID_INPUT, "stdout"),
        (["-N", "--", "a 'b"], ExitCode.USAGE, "divided into words"),
        (["--title", " ", "--", "true"], ExitCode.USAGE, "title"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_recorded(
    words: list[str], code: ExitCode, message: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["measure", *words]) == code
    assert message in capsys.readouterr().err
    assert not (project / "results").exists()


def test_a_second_measurement_on_the_host_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with host_lock("the first", wait_s=0, reporter=SILENT):
        assert execute(["measure", "--wait", "0", "--", "sleep", "0.01"]) == ExitCode.CONFLICT
    assert "another measurement is running on this host" in capsys.readouterr().err
    assert not (project / "results").exists()


def test_settings_that_are_wrong_are_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings(project, "[tool.obrelease.benchmark.parser]\nrun = 3\n")
    assert execute(["measure"]) == ExitCode.USAGE
    assert "obrelease.toml: [tool.obrelease.benchmark.parser]: `run` must be" in capsys.readouterr().err
    assert execute(["list"]) == ExitCode.OK, "another command does not read the benchmarks"
    settings(project, "[tool.obrelease]\nbenchmark = 3\n")
    assert execute(["measure"]) == ExitCode.USAGE
    assert "benchmark is not a table" in capsys.readouterr().err
    settings(project, TWO)
    assert execute(["measure", "parsr"]) == ExitCode.NOT_FOUND
    assert "parser, sleep" in capsys.readouterr().err


SLOWER = ("--format", "google-benchmark", "--runs", "4", "--against")


def test_a_slower_work_tree_is_a_regression(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The tool writes figures from a file of the tree, so the answer is known."""
    base = head(project)
    (project / "value").write_text("11")
    status = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, check=True)
    (found,) = answer(
        capsys, *SLOWER, base, "--confirm", "--", "python3", "bench.py", code=ExitCode.CHECK_FAILED
    )["measurements"]
    assert found["verdict"] == "regression"
    assert found["confirmation"] is not None
    assert {side: len(runs) for side, runs in found["runs"].items()} == {"base": 8, "head": 8}
    sides = {run.producer.dirty: run.producer.commit for run in recorded(project)}
    assert sides == {False: base, True: base}
    order = [run.producer.dirty for run in recorded(project)]
    assert order[:8] == [False, True, True, False, False, True, True, False]
    rounds = [run.label_values.get("round") for run in recorded(project)]
    assert rounds == [None] * 8 + ["confirmation"] * 8
    after = subprocess.run(["git", "status", "--porcelain"], cwd=project, capture_output=True, check=True)
    assert after.stdout == status.stdout
    listed = subprocess.run(["git", "worktree", "list"], cwd=project, capture_output=True, check=True)
    assert len(listed.stdout.splitlines()) == 1


def test_the_same_and_a_better_work_tree_pass(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = [*SLOWER, "HEAD", "--", "python3", "bench.py"]
    assert answer(capsys, *run)["measurements"][0]["verdict"] == "ok"
    (project / "value").write_text("8")
    assert answer(capsys, *run)["measurements"][0]["verdict"] == "ok"


def test_both_sides_run_in_the_folder_of_the_user(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project / "sub")
    words = ["--build", "cp here built", "--", "test -e built && cd .. && python3 bench.py"]
    (found,) = answer(capsys, *SLOWER, "HEAD", *words)["measurements"]
    assert found["verdict"] == "ok"
    assert not (project / "sub" / "built").exists()


def test_a_side_that_cannot_be_built_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "new").write_text("x")
    words = ["--build", "test -e new", "--", "sleep", "0.01"]
    assert execute(["measure", "--against", "HEAD", *words]) == ExitCode.INVALID_INPUT
    assert "the base cannot be built" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupt_keeps_what_was_recorded_and_leaves_no_process_and_no_copy(
    number: signal.Signals, project: Path, tmp_path: Path
) -> None:
    script = f"echo $$ >> {tmp_path}/pids; test $(wc -l < {tmp_path}/pids) -lt 4 || sleep 300"
    program = start_program(
        *("measure", "--against", "HEAD", "--executions", "1", "--", "sh", "-c", script),
        env=environment(TMPDIR=str(tmp_path / "temporary")),
    )
    with program:
        pids = tmp_path / "pids"
        wait_for(lambda: (pids.exists() and len(pids.read_text().split()) >= 4) or program.poll() is not None)
        wait_for(lambda: len(recorded(project)) == 1)
        program.send_signal(number)
        program.communicate()
    assert program.returncode in {ExitCode.INTERRUPTED, -number}
    wait_for(lambda: not runs(pids.read_text().split()[-1]))
    assert len(recorded(project)) == 1
    if number == signal.SIGKILL:
        assert execute(["measure", "--runs", "1", "--executions", "1", "--", "sleep", "0.01"]) == ExitCode.OK
    assert [path.name for path in (tmp_path / "temporary").iterdir()] == ["obrelease-measure.lock"]


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it did not come to pass")


def runs(pid: str) -> bool:
    asked = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, check=False)
    return asked.stdout.strip()[:1] not in {"", "Z"}


def test_what_a_tool_warns_of_is_a_remark(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = (
        (project / "bench.py")
        .read_text()
        .replace('"context": {', '"context": {"library_build_type": "debug", ')
    )
    (project / "bench.py").write_text(script)
    words = ("--runs", "2", "--format", "google-benchmark", "--", "python3", "bench.py")
    (found,) = answer(capsys, *words)["measurements"]
    assert [remark for remark in found["remarks"] if "a debug build" in remark] == [
        "the benchmark library is a debug build (library_build_type), which may change the times"
    ]


def test_a_table_is_refused_with_the_option_of_the_tool(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["measure", "--runs", "1", "--format", "google-benchmark", "--", "echo Benchmark Time CPU"]
    assert execute(words) == ExitCode.INVALID_INPUT
    assert "hint: --benchmark_format=json makes the tool write this format" in capsys.readouterr().err
