"""The program on a real terminal: colour, width, progress and Ctrl-C, and what a pipe gets instead."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from obrelease.errors import ExitCode
from obrelease.registry.store import Registry
from tests.drafts import draft, measured, run_files
from tests.on_a_terminal import on_a_terminal, on_the_screen
from tests.program import START, environment, run_program

SLOW_FSCK = """
import time
from obrelease.registry import fsck as module
check = module.check_folder
module.check_folder = lambda *a, **k: (time.sleep(30), check(*a, **k))[1]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs."""
    made = tmp_path_factory.mktemp("project")
    registry = Registry(made / "results")
    for number in (1, 2):
        registry.record(measured(draft(number)), run_files(number))
    return made


def without_color(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def test_a_terminal_has_shapes_and_colours_and_a_pipe_has_words(folder: Path) -> None:
    code, shown = on_a_terminal(START, folder, "list", "--no-figures")
    assert code == ExitCode.OK
    assert "\x1b[32m✓ passed\x1b[0m" in on_the_screen(shown)
    piped = run_program("list", "--no-figures", cwd=folder)
    assert (piped.returncode, piped.stderr) == (ExitCode.OK, "")
    assert "  passed" in piped.stdout
    assert piped.stdout.isascii()
    assert "\x1b" not in piped.stdout


@pytest.mark.parametrize(("option", "variables"), [("never", {}), ("auto", {"NO_COLOR": "1"})])
def test_without_colour_the_shapes_stay(folder: Path, option: str, variables: dict[str, str]) -> None:
    _, shown = on_a_terminal(START, folder, "list", "--no-figures", "--color", option, **variables)
    assert "✓ passed" in shown
    assert "\x1b[" not in shown


def test_a_pipe_has_colour_on_request(folder: Path) -> None:
    asked = run_program("--color", "always", "list", "--no-figures", cwd=folder)
    forced = run_program("list", "--no-figures", cwd=folder, env=environment(FORCE_COLOR="1"))
    assert "\x1b[32m✓ passed\x1b[0m" in asked.stdout
    assert forced.stdout == asked.stdout


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_messages_fit_and_keep_names_whole(folder: Path, columns: int) -> None:
    code, shown = on_a_terminal(START, folder, "list", "kind=absent", "scenario=other", columns=columns)
    assert code == ExitCode.OK
    lines = without_color(on_the_screen(shown)).splitlines()
    assert max(map(len, lines)) <= max(columns, len(str(folder)) + 20)
    assert any("`obrelease list`" in line for line in lines)
    piped = run_program("list", "kind=absent", "scenario=other", cwd=folder)
    assert piped.stderr.count("\n") == 1
    assert " ".join(" ".join(lines).split()) == piped.stderr.strip()


def test_an_encoding_without_shapes_gets_letters(folder: Path) -> None:
    _, shown = on_a_terminal(
        START, folder, "list", "--no-figures", "--color", "never", PYTHONIOENCODING="ascii"
    )
    assert "+ passed" in shown
    assert shown.isascii()


def test_ctrl_c_leaves_no_progress_and_says_so(folder: Path) -> None:
    def interrupt(shown: str, _terminal: int, child: int) -> bool:
        if "fsck  [" not in shown:
            return False
        os.kill(child, signal.SIGINT)
        return True

    # The work is in threads that cannot be interrupted, so it is cut short here.
    code, shown = on_a_terminal(SLOW_FSCK.replace("30", "1") + START, folder, "fsck", act=interrupt)
    assert code == ExitCode.INTERRUPTED
    assert without_color(on_the_screen(shown)).strip() == "interrupted"
    assert "0 of 2" in shown
