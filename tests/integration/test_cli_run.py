"""`obrelease run` as people call it: words, JSON, exit codes, and nothing left behind by Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from obrelease.analysis.histograms.histogram import summary_of
from obrelease.analysis.summary.run import Latency
from obrelease.cli.app import execute
from obrelease.cli.commands.run_options import SCENARIOS
from obrelease.cli.rendering.run_details import few_beyond, percentiles
from obrelease.errors import ExitCode
from obrelease.recorder import scenario_names
from obrelease.recorder.source_digest import sources_digest
from tests.made_up_runs import latencies, run
from tests.program import START, start_program
from tests.program import environment as program_environment

TINY = ["--messages", "300", "--passes", "2", "--core", "reference"]


@pytest.fixture(autouse=True)
def _outside_any_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "mpl"))
    for name in ("OBRELEASE_RESULTS", "OBRELEASE_PROJECT"):
        monkeypatch.delenv(name, raising=False)


def obrelease(*words: str) -> int:
    return int(execute(["run", *words]))


def test_people_get_a_table_the_digest_and_the_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert obrelease("bench", *TINY) == ExitCode.OK
    out = capsys.readouterr().out.splitlines()
    assert out[0].split()[:5] == ["SCENARIO", "CORE", "MESSAGES", "PASSES", "THROUGHPUT"]
    assert out[1].split()[:4] == ["baseline", "reference", "300", "2"]
    folder = Path(out[-1].split(maxsplit=1)[1])
    digest = out[-2].split()[1]
    assert folder == tmp_path / "results" / "bench" / "baseline" / digest[:12]
    assert (folder / "artefact.json").is_file()


def test_a_percentile_with_hardly_a_value_beyond_it_is_marked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert obrelease("bench", "--messages", "300", "--passes", "1", "--core", "reference") == ExitCode.OK
    header, row, note, *_ = capsys.readouterr().out.splitlines()
    assert header.endswith("P99.9")
    assert [cell.endswith("*") for cell in re.split("  +", row)[-3:]] == [False, True, True]
    assert note == "* fewer than 10 values are beyond this percentile: the run has 300 values"
    assert execute(["show", "latest"]) == ExitCode.OK
    shown = capsys.readouterr().out
    assert [line.strip() for line in shown.splitlines()].count(note) == 1
    (line,) = [line for line in shown.splitlines() if line.startswith("service time")]
    assert line.count("s*") == 2


@pytest.mark.parametrize(
    ("count", "marked"),
    [(1, 3), (19, 3), (20, 2), (999, 2), (1_000, 1), (9_999, 1), (10_000, 0), (None, 0)],
)
def test_ten_values_beyond_are_enough(count: int | None, marked: int) -> None:
    figures = None if count is None else replace(summary_of(latencies(1.0)), count=count)
    latency = None if figures is None else Latency("latency", "service", figures)
    measured = replace(run("a"), latency=latency)
    assert sum(cell.endswith("*") for cell in percentiles(measured)) == marked
    assert len(list(few_beyond(measured))) == (marked > 0)


def test_json_stands_alone_on_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert obrelease("bench", *TINY, "--json", "--results", str(tmp_path / "runs")) == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    assert sorted(answer) == ["figures", "run"]
    run, figures = answer["run"], answer["figures"]
    assert (run["kind"], run["scenario"], run["core"], run["messages"]) == (
        "bench",
        "baseline",
        "reference",
        300,
    )
    assert (tmp_path / "runs" / run["path"] / "latency.hlog").is_file()
    assert figures["throughput_median_msg_s"] > 0
    assert figures["latency_p50_ns"] <= figures["latency_p99_ns"] <= figures["latency_p999_ns"]
    assert figures["checks_failed"] == []


def test_the_sample_replays_from_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert obrelease("replay", "--passes", "1", "--core", "reference", "--json") == ExitCode.OK
    answer = json.loads(capsys.readouterr().out)
    assert "touch-holds" in answer["figures"]["checks_passed"]


def test_the_commit_of_another_project_is_not_that_of_the_code_that_ran(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    (tmp_path / ".gitignore").write_text("mpl/\n")
    subprocess.run(["git", "init", "-q", "."], check=True)
    subprocess.run([*git, "add", ".gitignore"], check=True)
    subprocess.run([*git, "commit", "-qm", "one"], check=True)
    assert obrelease("bench", *TINY, "--json") == ExitCode.OK
    run = json.loads(capsys.readouterr().out)["run"]
    assert (run["commit"], run["dirty"]) == (None, None)
    producer = json.loads((tmp_path / "results" / run["path"] / "artefact.json").read_text())["producer"]
    assert producer["sources_digest"] == sources_digest()


def test_without_a_repository_the_commit_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    assert obrelease("bench", *TINY, "--json") == ExitCode.OK
    run = json.loads(capsys.readouterr().out)["run"]
    assert (run["commit"], run["dirty"]) == (None, None)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["bench", "--scenario", "x7"], ExitCode.USAGE, "scenarios: " + ", ".join(scenario_names())),
        (["bench", "--seed", str(2**64)], ExitCode.USAGE, "2^64"),
        (["bench", "--seed", "-1"], ExitCode.USAGE, "-1"),
        (["bench", "--seed", "many"], ExitCode.USAGE, "--seed"),
        (["bench", "--passes", "0"], ExitCode.USAGE, "passes"),
        (["bench", "--messages", "0"], ExitCode.USAGE, "messages"),
        (["bench", "--core", "quantum"], ExitCode.USAGE, "cores: reference"),
        (["replay", "--passes", "0"], ExitCode.USAGE, "passes"),
        (["replay", "nowhere.zip"], ExitCode.NOT_FOUND, "nowhere.zip"),
        (["replay", "bad_message_5.csv"], ExitCode.INVALID_INPUT, "bad_message_5.csv"),
        (["bench", "--results", "bad_message_5.csv"], ExitCode.USAGE, "not a folder"),
        (["bench", "--nonsense"], ExitCode.USAGE, "--nonsense"),
        (["bench", "--results", ""], ExitCode.USAGE, "names no folder"),
        (["stress", "--scale", "0"], ExitCode.USAGE, "a scale is 1 to 10,000, not 0"),
        (["stress", "--seed", str(2**64)], ExitCode.USAGE, "a seed is an integer from 0 to 2^64 - 1"),
        (["replay", "/dev/null"], ExitCode.INVALID_INPUT, "/dev/null: is neither a file nor a folder"),
        (["replay", "--risk", "pipe"], ExitCode.INVALID_INPUT, "pipe: is neither a file nor a folder"),
        (["replay", "empty.itch"], ExitCode.INVALID_INPUT, "empty.itch: the file is empty"),
        (["replay", "notes.txt"], ExitCode.INVALID_INPUT, "unknown format: not ITCH 5.0, DBN or a tape"),
    ],
)
def test_errors_name_the_place_and_leave_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: ExitCode, said: str
) -> None:
    (tmp_path / "bad_message_5.csv").write_text("not,a,row\n")
    (tmp_path / "bad_orderbook_5.csv").write_text("1,2,3,4\n")
    (tmp_path / "empty.itch").touch()
    (tmp_path / "notes.txt").write_text("notes\n")
    os.mkfifo(tmp_path / "pipe")
    assert obrelease(*words) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert "Traceback" not in captured.err
    assert not (tmp_path / "results").exists()


def test_the_scenarios_are_listed_and_named_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert scenario_names() == tuple(SCENARIOS)
    assert obrelease("scenarios", "--json") == ExitCode.OK
    listed = json.loads(capsys.readouterr().out)["scenarios"]
    assert {scenario["name"]: scenario["about"] for scenario in listed} == SCENARIOS
    assert all(scenario["messages"] >= 2_000 and scenario["about"] for scenario in listed)
    assert obrelease("scenarios") == ExitCode.OK
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["scenario", *SCENARIOS]
    for mode in ("bench", "profile"):
        assert obrelease(mode, "--help") == ExitCode.OK
        shown = " ".join(capsys.readouterr().out.split())
        assert f"{', '.join(SCENARIOS)}; see `obrelease run scenarios`." in shown


SAYS_WHEN_IT_MEASURES = """
import sys
import obengine.harness.bench as bench
from obrelease.cli.start import main

def run_passes(*args, _run=bench.run_passes):
    print("measuring", file=sys.stderr, flush=True)
    return _run(*args)

bench.run_passes = run_passes
main()
"""


def start(words: list[str], code: str, **environment: str) -> subprocess.Popen[str]:
    """Start `obrelease run` in a process of its own."""
    return start_program("run", *words, code=code, env=program_environment(**environment))


def test_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    words = ["bench", "--scenario", "x100", "--passes", "9999", "--core", "reference"]
    process = start(words, SAYS_WHEN_IT_MEASURES, TMPDIR=str(scratch))
    try:
        assert process.stderr is not None
        assert process.stderr.readline() == "measuring\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == ExitCode.INTERRUPTED
    assert out == ""
    assert "Traceback" not in err
    assert not (tmp_path / "results").exists()
    assert not list(scratch.iterdir())


def test_no_home_to_write_in_is_no_trouble(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    nowhere = {"HOME": os.devnull, "XDG_CACHE_HOME": os.devnull, "XDG_CONFIG_HOME": os.devnull}
    process = start(["bench", *TINY], START, MPLCONFIGDIR="", TMPDIR=str(scratch), **nowhere)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (ExitCode.OK, "")
    assert "baseline" in out
    assert not list(scratch.iterdir())
