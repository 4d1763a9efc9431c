"""The leaves of the command line, loaded, for tests of every command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from obrelease.cli.app import app


def leaf_commands() -> Iterator[tuple[str, Any]]:
    """Every command that does something, by the words that name it, such as `run bench`."""
    return _leaves(typer.main.get_command(app), ())


def _leaves(group: Any, prefix: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name, lazy in group.commands.items():
        found = lazy.load()
        if hasattr(found, "commands"):
            yield from _leaves(found, (*prefix, name))
        else:
            yield " ".join((*prefix, name)), found
