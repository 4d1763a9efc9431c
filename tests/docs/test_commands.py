"""The page of commands against the program: commands, exit codes, settings, keys of a benchmark."""

from __future__ import annotations

import re

import pytest

from obrelease.cli.app import execute
from obrelease.cli.console.settings import ENVIRONMENT
from obrelease.errors import ExitCode
from obrelease.measurement.benchmark import KEYS as BENCHMARK_KEYS
from tests.command_tree import leaf_commands
from tests.program import ROOT

PAGE = (ROOT / "docs" / "commands.md").read_text("utf-8")


def command_names() -> set[str]:
    """Every leaf of the command line, as it is typed."""
    return {f"obrelease {name}" for name, _ in leaf_commands()}


def test_every_command_is_documented_and_every_documented_command_exists() -> None:
    documented = set(re.findall(r"^\| `(obrelease [a-z -]+)` \|", PAGE, re.MULTILINE))
    assert documented == command_names()


def test_every_exit_code_is_in_the_table() -> None:
    rows = re.findall(r"^\| (\d+) \| ([A-Z_]+) \|", PAGE, re.MULTILINE)
    assert {(int(code), name) for code, name in rows} == {(int(code), code.name) for code in ExitCode}


def test_every_setting_is_in_the_table() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \| `(OBRELEASE_[A-Z_]+)`", PAGE, re.MULTILINE)
    assert rows == list(ENVIRONMENT.items())


def test_every_key_of_a_benchmark_is_in_the_table() -> None:
    page = (ROOT / "docs" / "measuring.md").read_text("utf-8")
    text = page.partition("## Any command")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `([a-z]+)` \|", text, re.MULTILINE)) == BENCHMARK_KEYS


@pytest.mark.parametrize("name", sorted(command_names()))
def test_help_has_an_answer_for_each_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([*name.split()[1:], "--help"]) == ExitCode.OK
    shown = capsys.readouterr()
    assert shown.out.startswith(f"Usage: {name}")
    assert not shown.err
