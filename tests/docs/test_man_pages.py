"""The man pages and the generated reference against the parser."""

from __future__ import annotations

import re

import pytest

from scripts import command_reference
from tests.command_tree import leaf_commands
from tests.program import ROOT


@pytest.fixture(scope="module")
def pages() -> list[command_reference.CommandPage]:
    return list(command_reference.pages())


def test_the_man_pages_are_what_the_parser_says(pages: list[command_reference.CommandPage]) -> None:
    kept = {path.name: path.read_text("utf-8") for path in (ROOT / "man").iterdir()}
    made = {f"{page.title.replace(' ', '-')}.1": command_reference.roff(page) for page in pages}
    assert made == kept, "run `python scripts/command_reference.py man`"


def test_every_command_and_option_is_in_the_reference(pages: list[command_reference.CommandPage]) -> None:
    text = command_reference.markdown(pages)
    sections = dict(
        re.findall(r"^## `(obrelease [a-z -]+)`\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    )
    for name, command in leaf_commands():
        section = sections[f"obrelease {name}"]
        options = {option for param in command.params for option in param.opts if option.startswith("--")}
        assert not {each for each in options - command_reference.COMMON if each not in section}, name
        assert "```sh\n" in section, name
