"""Ctrl-C and SIGTERM at every age of the process: one line, one document, 130, and never a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from obrelease.cli.console import signals
from obrelease.cli.console.exit import INTERRUPTED
from obrelease.errors import ExitCode
from tests.program import import_path

AT_IMPORT: Final = """
import os, signal, sys
number, module = getattr(signal, sys.argv.pop(1)), sys.argv.pop(1)

class Striking:
    def find_spec(self, name, path=None, target=None):
        if name == module and self in sys.meta_path:
            sys.meta_path.remove(self)  # it strikes once
            os.kill(os.getpid(), number)

sys.meta_path.insert(0, Striking())
from obrelease.cli.start import main
main()
"""
IN_COMMAND: Final = """
import os, signal, sys
from obrelease.cli.console.command import Session
from obrelease.cli.start import main

def registry(*args, **options):
    try:
        os.kill(os.getpid(), signal.SIGINT)
        signal.pause()
    except KeyboardInterrupt:
        raise ImportError("half a module")

Session.registry = registry
main()
"""
AT_THE_END: Final = """
import atexit, os, signal
from obrelease.cli.start import main

atexit.register(os.kill, os.getpid(), signal.SIGINT)
main()
"""
WHILE_PRINTING: Final = """
import json, os, signal
from obrelease.cli.start import main

dumps = json.dumps

def struck(*args, **options):
    os.kill(os.getpid(), signal.SIGINT)
    return dumps(*args, **options)

json.dumps = struck
main()
"""
DOCUMENT: Final = {"error": {"code": 130, "name": "INTERRUPTED", "message": "interrupted", "hint": None}}


def ran(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A process whose interrupt is the system's own at the start, whatever that of the tests is."""
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": import_path()},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    "module",
    ["obrelease.cli.app", "typer", "obrelease.errors", "obrelease.cli.commands.doctor", "obrelease.models"],
)
def test_while_modules_load(number: str, module: str) -> None:
    done = ran(AT_IMPORT, number, module, "doctor")
    assert (done.returncode, done.stdout, done.stderr) == (ExitCode.INTERRUPTED, "", "interrupted\n")


def test_while_modules_load_under_json() -> None:
    done = ran(AT_IMPORT, "SIGINT", "typer", "doctor", "--json")
    assert (done.returncode, done.stderr) == (ExitCode.INTERRUPTED, "interrupted\n")
    assert json.loads(done.stdout) == DOCUMENT


def test_behind_two_dashes_json_is_no_option() -> None:
    assert ran(AT_IMPORT, "SIGINT", "typer", "show", "--", "--json").stdout == ""


def test_an_interrupt_that_became_another_exception(tmp_path: Path) -> None:
    done = ran(IN_COMMAND, "list", "--json", "--results", str(tmp_path))
    assert (done.returncode, done.stderr) == (ExitCode.INTERRUPTED, "interrupted\n")
    assert json.loads(done.stdout) == DOCUMENT


def test_after_the_end_of_the_command_it_comes_too_late() -> None:
    done = ran(AT_THE_END, "--version")
    assert (done.returncode, done.stderr) == (ExitCode.OK, "")
    assert done.stdout.startswith("obrelease ")


def test_an_interrupt_does_not_cut_a_result_that_is_being_printed(tmp_path: Path) -> None:
    done = ran(WHILE_PRINTING, "list", "--json", "-q", "--results", str(tmp_path))
    assert (done.returncode, done.stderr) == (ExitCode.OK, "")
    assert json.loads(done.stdout) == {"runs": []}


def test_a_process_that_ignores_interrupts_is_not_interrupted() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_IMPORT, "SIGINT", "typer", "--version"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": import_path()},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (ExitCode.OK, "")
    assert done.stdout.startswith("obrelease ")


def test_the_early_document_equals_the_later_one() -> None:
    assert json.loads(signals.DOCUMENT) == DOCUMENT == INTERRUPTED.to_json()
    assert json.dumps(INTERRUPTED.to_json(), indent=2, sort_keys=True) + "\n" == signals.DOCUMENT
    assert signals.INTERRUPTED_CODE == ExitCode.INTERRUPTED


def test_the_module_is_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "obrelease", "--version"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": import_path()},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("obrelease ")
