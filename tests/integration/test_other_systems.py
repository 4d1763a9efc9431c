"""Windows and macOS, simulated: what cannot work is refused in words, never with a traceback."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from obrelease.cli.command_table import (
    READ_ONLY_MODULES,
    REMOTE_COMMANDS,
    ROOT_COMMANDS,
    RUN_COMMANDS,
    SCHEMA_COMMANDS,
    SITE_COMMANDS,
    SWEEP_COMMANDS,
    CommandRow,
)
from obrelease.errors import ExitCode
from tests.as_another_system import MACOS, WINDOWS, run_as
from tests.program import ROOT

GROUPS: Final = {
    "remote": REMOTE_COMMANDS,
    "run": RUN_COMMANDS,
    "site": SITE_COMMANDS,
    "schema": SCHEMA_COMMANDS,
    "sweep": SWEEP_COMMANDS,
}
EXECUTE_EACH: Final = """
import io, json
from contextlib import redirect_stderr, redirect_stdout
from obrelease.cli.app import execute
answers = []
for line in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = execute(line)
    answers.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(answers))
"""


def leaf_commands() -> dict[tuple[str, ...], CommandRow]:
    """Every command that is no group."""
    found: dict[tuple[str, ...], CommandRow] = {}
    for name, row in ROOT_COMMANDS.items():
        if name in GROUPS:
            found |= {(name, leaf): each for leaf, each in GROUPS[name].items()}
        else:
            found[(name,)] = row
    return found


def only_reads(row: CommandRow) -> bool:
    return row.target.partition(":")[0] in READ_ONLY_MODULES


def executed(system: str, lines: list[list[str]], folder: Path) -> list[tuple[int, str, str]]:
    """Exit code and output of each command line, all in one process of another system."""
    done = run_as(system, json.dumps(lines), cwd=folder, code=EXECUTE_EACH)
    assert done.returncode == 0, done.stderr
    return [(code, out, err) for code, out, err in json.loads(done.stdout)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two committed runs of this project."""
    project = tmp_path_factory.mktemp("project")
    for run in sorted((ROOT / "results" / "bench" / "baseline").iterdir())[:2]:
        shutil.copytree(run, project / "results" / "bench" / "baseline" / run.name)
    (project / "bench.json").write_text('[{"name": "sort", "unit": "ns", "value": 12.5}]', "utf-8")
    return project


def reading(folder: Path) -> dict[str, list[str]]:
    """A command line for each command that only reads."""
    one, other = sorted(run.name for run in (folder / "results" / "bench" / "baseline").iterdir())
    return {
        "list": ["list"],
        "show": ["show", one],
        "diff": ["diff", one, other, "--force"],
        "validate": ["validate", "results"],
        "fsck": ["fsck"],
        "doctor": ["doctor"],
        "remote list": ["remote", "list"],
        "run scenarios": ["run", "scenarios"],
        "help": ["help", "import"],
        "schema check": ["schema", "check", "--schemas", str(ROOT / "schemas")],
    }


BENCH: Final = ("run", "bench", "--scenario", "baseline", "--seed", "42", "--core", "reference")
WRITING: Final = (
    ("import", "--format", "custom-smaller-is-better", "bench.json"),
    (*BENCH, "--messages", "500", "--passes", "1"),
    ("fsck",),
    ("list",),
)
REFUSED: Final = [words for words, row in leaf_commands().items() if not only_reads(row)]


@dataclass(frozen=True)
class Answers:
    """What one simulated system answered: to reading commands by name, and to others in order."""

    read: dict[str, tuple[int, Any]]
    other: list[tuple[int, str, str]]


def answers_of(system: str, folder: Path, others: list[list[str]]) -> Answers:
    reads = reading(folder)
    del reads["help"]
    answers = executed(system, [[*words, "--json"] for words in reads.values()] + others, folder)
    for line, (_, _, err) in zip([*reads, *others], answers, strict=True):
        assert "Traceback" not in err, (line, err)
    read = {name: (code, json.loads(out)) for name, (code, out, _) in zip(reads, answers, strict=False)}
    return Answers(read, answers[len(reads) :])


@pytest.fixture(scope="module")
def windows(folder: Path) -> Answers:
    helps = [[*words, "--help"] for words in leaf_commands()]
    return answers_of(WINDOWS, folder, [*([*words, "--json"] for words in REFUSED), *helps])


@pytest.fixture(scope="module")
def macos(folder: Path, windows: Answers) -> Answers:
    del windows  # it reads the folder as it is, before runs are added
    return answers_of(MACOS, folder, [[*words, "--json"] for words in WRITING])


def test_on_windows_every_command_that_cannot_work_is_refused_at_once(windows: Answers) -> None:
    assert len(REFUSED) > 20
    for words, (code, out, _) in zip(REFUSED, windows.other, strict=False):
        error = json.loads(out)["error"]
        assert code == ExitCode.USAGE, words
        assert error["message"] == f"`obrelease {' '.join(words)}` does not work on Windows"
        assert "WSL" in error["hint"]


def test_on_windows_every_command_shows_its_help(windows: Answers) -> None:
    for words, (code, out, _) in zip(leaf_commands(), windows.other[len(REFUSED) :], strict=True):
        assert code == 0, words
        assert f"obrelease {' '.join(words)}" in out


def test_every_command_that_only_reads_is_tried(folder: Path) -> None:
    read = {" ".join(words) for words, row in leaf_commands().items() if only_reads(row)}
    assert read == reading(folder).keys()


def succeeded(answers: Answers) -> dict[str, bool]:
    """Whether a command gave its result; `diff` may have found a change."""
    return {name: code in {0, 1, 3} and "error" not in out for name, (code, out) in answers.read.items()}


def system_finding(answers: Answers) -> dict[str, str]:
    (found,) = (each for each in answers.read["doctor"][1]["findings"] if each["subject"] == "system")
    return dict(found)


def test_on_windows_runs_can_be_read_and_doctor_says_that_it_is_not_supported(windows: Answers) -> None:
    assert all(succeeded(windows).values()), windows.read
    finding = system_finding(windows)
    assert (finding["state"], finding["detail"].split()[0]) == ("note", "Windows")
    assert "not supported" in finding["detail"]


def test_macos_reads_imports_records_and_compares_and_doctor_names_what_is_missing(macos: Answers) -> None:
    assert all(succeeded(macos).values()), macos.read
    assert [code for code, _, _ in macos.other] == [0, 0, 0, 0], macos.other
    assert len(json.loads(macos.other[-1][1])["runs"]) == 4
    finding = system_finding(macos)
    assert (finding["state"], finding["detail"].split()[0]) == ("note", "macOS")
    for lacking in ("/proc", "fsync", "PR_SET_PDEATHSIG"):
        assert lacking in finding["detail"]


PYTHON_CALLS: Final = """
import pathlib, sys
from obrelease.errors import UsageError
from obrelease.measurement.function_timing import time_function
from obrelease.remote.git.repository import GitRepository
from obrelease.storage.durable import make_folders
from obrelease.storage.folder_lock import exclusive_folder
here = pathlib.Path()
for call in (
    lambda: make_folders(here / "a" / "b"),
    lambda: exclusive_folder(here).__enter__(),
    lambda: time_function(print, samples=1),
):
    try:
        call()
        print("no error")
    except UsageError as error:
        print(error.message)
"""


def test_the_python_interface_is_refused_in_words_too(tmp_path: Path) -> None:
    done = run_as(WINDOWS, cwd=tmp_path, code=PYTHON_CALLS)
    lines = done.stdout.splitlines()
    assert len(lines) == 3, done.stderr
    assert all(line.endswith("does not work on Windows") for line in lines), lines
    assert not list(tmp_path.iterdir())
