"""`obrelease help`, the groups of `--help`, and `-V`."""

from __future__ import annotations

import json
import re
from itertools import groupby

import pytest

from obrelease.cli.app import execute
from obrelease.cli.command_table import ROOT_COMMANDS
from obrelease.errors import ExitCode


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a command line prints if it succeeds."""
    assert execute(list(words)) == ExitCode.OK
    return capsys.readouterr().out


@pytest.mark.parametrize("words", [(), ("run",), ("run", "bench"), ("diff",), ("site", "serve"), ("help",)])
def test_help_prints_what_the_option_prints(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(capsys, "help", *words) == printed(capsys, *words, "--help")


@pytest.mark.parametrize("words", [("nosuch",), ("run", "nosuch"), ("show", "nosuch")])
def test_help_of_an_unknown_command_is_misuse(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert execute(["help", *words]) == ExitCode.USAGE
    assert "No such command 'nosuch'" in capsys.readouterr().err


def test_help_as_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(printed(capsys, "help", "run", "--json"))
    assert document["help"].startswith("Usage: obrelease run ")


def test_commands_are_listed_in_groups(capsys: pytest.CaptureFixture[str]) -> None:
    groups = [group for group, _ in groupby(row.group for row in ROOT_COMMANDS.values())]
    assert len(groups) == len(set(groups))
    assert groups == ["Measure", "Look", "Compare", "Release", "Share", "Maintain"]
    listing = printed(capsys, "--help").partition("\nMeasure:\n")[2]
    listing = listing.partition("\nExamples:\n")[0]
    assert re.findall(r"^  (\w+) ", listing, re.MULTILINE) == list(ROOT_COMMANDS)
    columns = {len(match) for match in re.findall(r"^  \w+ +", listing, re.MULTILINE)}
    assert len(columns) == 1


def test_the_short_option_prints_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "-V") == printed(capsys, "--version")
