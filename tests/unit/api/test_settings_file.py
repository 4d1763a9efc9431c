"""`remote add`: one line is added to the settings file, the rest stays as it was."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from obrelease.api.settings_file import add_remote
from obrelease.cli.console.settings import load
from obrelease.errors import Conflict, UsageError

PLACE = "oci://ghcr.io/owner/results"


def project(folder: Path, text: str | None, name: str = "pyproject.toml") -> Path:
    if text is not None:
        (folder / name).write_text(text)
    return folder


TEXTS = (
    "",
    "[project]\nname = 'x' # a comment\n",
    "[tool.obrelease]\nresults = 'r'",
    "[tool.obrelease.remotes]\n# ours\nother = 'oci://h.example/a'\n\n[tool.ruff]\nx = 1\n",
    "[ tool.obrelease.remotes ] # here\n[tool.ruff]\n",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_line_is_added_and_nothing_else_changes(tmp_path: Path, text: str) -> None:
    root = project(tmp_path, text)
    file = add_remote(load({}, start=root, environ={}), "team", PLACE)
    after = file.read_text()
    assert [line for line in after.split("\n") if line in text.split("\n") and line] == [
        line for line in text.split("\n") if line
    ]
    assert tomllib.loads(after)["tool"]["obrelease"]["remotes"]["team"] == PLACE
    assert load({}, start=root, environ={}).remotes["team"] == PLACE
    assert add_remote(load({}, start=root, environ={}), "team", PLACE) == file
    assert file.read_text() == after
    with pytest.raises(Conflict, match="team"):
        add_remote(load({}, start=root, environ={}), "team", f"{PLACE}2")


def test_a_project_in_another_language_gets_its_own_file(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert add_remote(load({}, start=tmp_path, environ={}), "team", PLACE).name == "obrelease.toml"


@pytest.mark.parametrize(
    "text",
    [
        "[tool.obrelease]\nremotes = {other = 'oci://h.example/a'}\n",
        "[tool.obrelease]\nremotes.other = 'oci://h.example/a'\n",
    ],
)
def test_a_table_that_is_written_in_another_way_is_left_to_the_user(tmp_path: Path, text: str) -> None:
    root = project(tmp_path, text)
    with pytest.raises(UsageError, match="cannot be extended"):
        add_remote(load({}, start=root, environ={}), "team", PLACE)
    assert (root / "pyproject.toml").read_text() == text


@pytest.mark.parametrize("name", ["", "Team", "a.b", "-x", "a b", "x" * 65])
def test_names_that_are_no_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a remote"):
        add_remote(load({}, start=project(tmp_path, ""), environ={}), name, PLACE)


@pytest.mark.parametrize("text", ["remotes = 3", "remotes = ['a']", "remotes = {a = 1}"])
def test_a_malformed_table_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="remotes is not a table of places"):
        load({}, start=project(tmp_path, f"[tool.obrelease]\n{text}\n"), environ={})
