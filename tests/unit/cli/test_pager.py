"""Long results on a terminal go through PAGER; files, pipes, `--no-pager` and short results do not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from obrelease.cli.console.settings import pager_command, with_pager_defaults
from obrelease.cli.console.signals import interrupts_ignored
from tests.on_a_terminal import on_a_terminal

LONG = (
    "from obrelease.cli.console.exit import Reply\n"
    "from obrelease.cli.console.output import Output\n"
    "Output(pager={pager}).result({{}}, 'line\\n' * {lines}, paged=True)\n"
)


@pytest.fixture
def pager(tmp_path: Path) -> str:
    """A pager that says what it was given."""
    script = tmp_path / "pager"
    script.write_text("#!/bin/sh\necho paged $(wc -l) $LESS\n")
    script.chmod(0o755)
    return str(script)


def test_a_long_result_is_paged(tmp_path: Path, pager: str) -> None:
    _, shown = on_a_terminal(LONG.format(pager=True, lines=100), tmp_path, PAGER=pager)
    assert shown.split() == ["paged", "100", "FRX"]


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
    _, shown = on_a_terminal(code, tmp_path, PAGER=pager if command is None else command)
    assert set(shown.split()) == {"line"}


def test_the_pager_is_the_users() -> None:
    assert pager_command({"PAGER": "most -s"}) == ["most", "-s"]
    assert pager_command({"PAGER": "most -s", "OBRELEASE_PAGER": "less -i"}) == ["less", "-i"]
    assert pager_command({"PAGER": "most", "OBRELEASE_PAGER": ""}) == []
    assert pager_command({}) == ["less"]
    assert not any(pager_command({"PAGER": words}) for words in ("", "cat", "less '"))
    assert with_pager_defaults({"LESS": "-S"}) == {"LESS": "-S"}


def test_ctrl_c_is_for_the_pager_alone() -> None:
    with interrupts_ignored():
        os.kill(os.getpid(), 2)
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), 2)


def test_less_survives_ctrl_c_and_leaves_no_process(tmp_path: Path) -> None:
    pressed: list[str] = []

    def press(shown: str, terminal: int, _child: int) -> bool:
        """Ctrl-C once something is shown, then `q` until the program ends: `less` may drop a key."""
        if "line" in shown:
            pressed.append("q" if pressed else "\x03")
            os.write(terminal, pressed[-1].encode())
        return False

    code, shown = on_a_terminal(LONG.format(pager=True, lines=100), tmp_path, act=press, PAGER="less")
    assert (code, pressed[:2]) == (0, ["\x03", "q"])
    assert "Traceback" not in shown
