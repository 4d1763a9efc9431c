"""The examples in `--help`: every command has them, its parser accepts them, and their page exists."""

from __future__ import annotations

import re
import shlex

import pytest

from obrelease.cli.app import execute
from obrelease.cli.command_examples import EXAMPLES
from obrelease.errors import ExitCode
from tests.command_tree import leaf_commands
from tests.program import ROOT

COMMANDS = dict(leaf_commands())
GROUPS = {"", *(" ".join(name.split()[:-1]) for name in COMMANDS)}
LINES = [(name, line) for name in COMMANDS for line in EXAMPLES[name].lines]


def test_every_command_and_every_group_has_examples() -> None:
    assert EXAMPLES.keys() == COMMANDS.keys() | GROUPS


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_an_example_of_a_group_is_of_a_command_in_it(group: str) -> None:
    for line in EXAMPLES[group].lines:
        name = max((name for name in COMMANDS if f"{line} ".startswith(f"{name} ")), key=len)
        assert name.startswith(group)
        assert COMMANDS[name].make_context(name, shlex.split(line)[len(name.split()) :]).params


@pytest.mark.parametrize(("name", "line"), LINES)
def test_an_example_is_accepted_by_the_parser(name: str, line: str) -> None:
    words = shlex.split(line.partition(" < ")[0])
    assert words[: len(name.split())] == name.split()
    context = COMMANDS[name].make_context(name, words[len(name.split()) :])
    assert context.params


def test_the_two_examples_of_a_command_differ() -> None:
    assert len({line for _, line in LINES}) == len(LINES)


@pytest.mark.parametrize("page", sorted({examples.page for examples in EXAMPLES.values()}))
def test_the_page_and_its_heading_are_there(page: str) -> None:
    path, _, heading = page.partition("#")
    titles = re.findall(r"^#+ (.+)$", (ROOT / path).read_text("utf-8"), re.MULTILINE)
    slugs = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert not heading or heading in slugs


@pytest.mark.parametrize("name", EXAMPLES)
def test_help_ends_with_the_examples_and_the_page(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute([*name.split(), "--help"]) == ExitCode.OK
    end = capsys.readouterr().out.partition("\nExamples:\n")[2]
    lines = "".join(f"  obrelease {line}\n" for line in EXAMPLES[name].lines)
    end = re.sub(r" \\\n +", " ", end)
    assert end == f"{lines}\nDocumentation: {EXAMPLES[name].page}\n"
