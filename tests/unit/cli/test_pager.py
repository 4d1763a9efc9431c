"""Long results on a terminal go through PAGER; files, pipes, `--no-pager` and short results do not."""

from __future__ import annotations

import os
import pty
import select
import sys
import time
from pathlib import Path

import pytest

from obrelease.cli.console.settings import pager_command, with_pager_defaults
from obrelease.cli.console.signals import interrupts_ignored
from tests.program import environment

LONG = (
    "from obrelease.cli.console.exit import Reply\n"
    "from obrelease.cli.console.output import Output\n"
    "Output(pager={pager}).result({{}}, 'line\\n' * {lines}, paged=True)\n"
)


def on_a_terminal(code: str, folder: Path, **more: str) -> str:
    """What a program shows on a terminal of 24 lines."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execve(sys.executable, [sys.executable, "-c", code], environment(**more))
    shown, until = b"", time.monotonic() + 60
    while time.monotonic() < until:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.waitpid(child, 0)
    os.close(terminal)
    return shown.decode()


@pytest.fixture
def pager(tmp_path: Path) -> str:
    """A pager that says what it was given."""
    script = tmp_path / "pager"
    script.write_text("#!/bin/sh\necho paged $(wc -l) $LESS\n")
    script.chmod(0o755)
    return str(script)


def test_a_long_result_is_paged(tmp_path: Path, pager: str) -> None:
    assert on_a_terminal(LONG.format(pager=True, lines=100), tmp_path, PAGER=pager).split() == [
        "paged",
        "100",
        "FRX",
    ]


@pytest.mark.parametrize(
    ("code", "command"),
    [
        (LONG.format(pager=False, lines=100), None),
        (LONG.format(pager=True, lines=3), None),
        (LONG.format(pager=True, lines=100), ""),
        (LONG.format(pager=True, lines=100), "no-such-pager-anywhere"),
    ],
)
def test_others_are_printed(tmp_path: Path, pager: str, code: str, command: str | None) -> None:
    shown = on_a_terminal(code, tmp_path, PAGER=pager if command is None else command)
    assert set(shown.split()) == {"line"}


def test_the_pager_is_the_users() -> None:
    assert pager_command({"PAGER": "most -s"}) == ["most", "-s"]
    assert pager_command({}) == ["less"]
    assert not any(pager_command({"PAGER": words}) for words in ("", "cat", "less '"))
    assert with_pager_defaults({"LESS": "-S"}) == {"LESS": "-S"}


def test_ctrl_c_is_for_the_pager_alone() -> None:
    with interrupts_ignored():
        os.kill(os.getpid(), 2)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), 2)
