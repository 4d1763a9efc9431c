"""Each command is loaded alone: help lines match the table, no command loads the libraries of another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import obrelease.cli.commands as package
from obrelease.cli.command_table import (
    REMOTE_COMMANDS,
    ROOT_COMMANDS,
    RUN_COMMANDS,
    SCHEMA_COMMANDS,
    SITE_COMMANDS,
    SWEEP_COMMANDS,
    CommandRow,
)
from obrelease.cli.console.lazy_commands import LazyCommand
from tests.command_tree import leaf_commands

TABLES: Final = {
    "": ROOT_COMMANDS,
    "remote": REMOTE_COMMANDS,
    "run": RUN_COMMANDS,
    "schema": SCHEMA_COMMANDS,
    "site": SITE_COMMANDS,
    "sweep": SWEEP_COMMANDS,
}
ROWS: Final = [
    pytest.param(name, row, id=f"{group} {name}".strip())
    for group, table in TABLES.items()
    for name, row in table.items()
]
HEAVY: Final = (
    "git", "github", "hdrh", "jsonschema", "jsonschema_rs", "matplotlib", "numpy", "obengine", "pandas",
    "requests", "rich", "urllib3",
)  # fmt: skip
"""Libraries that take long to load."""

REPORT: Final = """
import sys
from obrelease.cli.app import execute
code = execute(sys.argv[1:])
print("loaded:", *sorted(sys.modules), file=sys.stderr)
sys.exit(code)
"""


def load(name: str, row: CommandRow) -> Any:
    return LazyCommand(name, row).load()


def loaded_by(*words: str, folder: Path) -> set[str]:
    """The modules that are loaded when a command line has ended."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT, *words], cwd=folder, capture_output=True, text=True, check=True
    )
    return set(done.stderr.rpartition("loaded:")[2].split())


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_the_help_line_of_the_table_is_the_first_line_of_the_command(name: str, row: CommandRow) -> None:
    command = load(name, row)
    assert command.name == name
    assert command.help.partition("\n")[0] == row.help
    assert command.get_short_help_str(99) == LazyCommand(name, row).get_short_help_str(99) == row.help


def test_every_module_of_the_package_is_in_a_table_or_shared_by_commands() -> None:
    modules = {path.stem for path in Path(package.__path__[0]).glob("*.py")} - {"__init__"}
    named = {row.target.partition(":")[0] for table in TABLES.values() for row in table.values()}
    assert modules - named == {"run_options"}


@pytest.mark.parametrize("words", [(), ("run",), ("schema",)])
def test_help_of_a_group_loads_no_command(words: tuple[str, ...], tmp_path: Path) -> None:
    modules = loaded_by(*words, "--help", folder=tmp_path)
    commands = {name for name in modules if name.startswith("obrelease.cli.commands.")}
    assert commands == {f"obrelease.cli.commands.{word}" for word in words}
    assert not modules.intersection({*HEAVY, "obrelease.models.artefact"})


@pytest.mark.parametrize("name", sorted(name for name, _ in leaf_commands()))
def test_help_of_a_command_loads_nothing_heavy(name: str, tmp_path: Path) -> None:
    assert not loaded_by(*name.split(), "--help", folder=tmp_path).intersection(HEAVY)


def test_a_list_loads_no_libraries_of_plots_and_releases(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    modules = loaded_by("list", "--json", folder=tmp_path)
    assert not modules.intersection(HEAVY)
    assert not {name for name in modules if name.startswith("obrelease.release")}
