"""The command line as a process: full, closed and broken streams, and signals: one line, one code."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from obrelease.errors import ExitCode
from tests.program import START, environment, start_program

MEASURES_WITHOUT_END: Final = """
import sys, time
import obengine.harness.bench as bench
from obrelease.cli.start import main

def run_passes(*args):
    print("measuring", file=sys.stderr, flush=True)
    time.sleep(600)

bench.run_passes = run_passes
main()
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder that is a repository with one commit, for `doctor` to find in order."""
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run([*git, "init", "-q", "."], cwd=tmp_path, check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "one"], cwd=tmp_path, check=True)
    return tmp_path


def in_shell(place: Path, words: str, redirection: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `obrelease WORDS REDIRECTION` as a shell runs it."""
    line = f'"$PYTHON" -c "$MAIN" {words} {redirection}; exit "${{PIPESTATUS[0]}}"'
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=place,
        env=environment(PYTHON=sys.executable, MAIN=START),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "words", ["doctor", "doctor --json", "list --json", "--help", "--version", "run --help"]
)
def test_a_full_disk_behind_stdout_is_one_line(place: Path, words: str) -> None:
    code, _, err = in_shell(place, f"-q {words}", ">/dev/full")
    assert code == ExitCode.STORAGE
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "No space left on device" in err


@pytest.mark.parametrize("words", ["doctor", "doctor --json", "list --json"])
def test_a_closed_stdout_is_one_line(place: Path, words: str) -> None:
    code, _, err = in_shell(place, f"-q {words}", ">&-")
    assert code == ExitCode.STORAGE
    assert err == "error: standard output: cannot be written: Bad file descriptor\n"


@pytest.mark.parametrize("words", ["doctor", "doctor --json", "--help"])
def test_a_reader_that_left_is_no_error(place: Path, words: str) -> None:
    assert in_shell(place, words, "| true") == (ExitCode.OK, "", "")


def test_a_failure_keeps_its_code_on_a_full_disk(place: Path) -> None:
    code, _, err = in_shell(place, "show latest --json", ">/dev/full")
    assert code == ExitCode.NOT_FOUND
    assert err.splitlines()[-1].startswith("error: standard output: cannot be written")


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_an_unwritable_stderr_changes_nothing(place: Path, redirection: str) -> None:
    code, out, err = in_shell(place, "list --json", redirection)
    assert (code, json.loads(out), err) == (ExitCode.OK, {"runs": []}, "")
    assert in_shell(place, "fsck", redirection) == (ExitCode.NOT_FOUND, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("as_json", [False, True])
def test_an_interrupt_is_one_line_and_130(tmp_path: Path, number: signal.Signals, as_json: bool) -> None:
    words = ["run", "bench", "--core", "reference", "--messages", "100", *(["--json"] if as_json else [])]
    env = environment(MPLCONFIGDIR=str(tmp_path / "mpl"))
    process = start_program(*words, cwd=tmp_path, code=MEASURES_WITHOUT_END, env=env)
    try:
        assert process.stderr is not None
        assert process.stderr.readline() == "measuring\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert (process.returncode, err) == (ExitCode.INTERRUPTED, "interrupted\n")
    if as_json:
        wanted = {"code": 130, "name": "INTERRUPTED", "message": "interrupted", "hint": None}
        assert json.loads(out) == {"error": wanted}
    else:
        assert out == ""
