"""Groups whose commands are imported when one of them is called, not when they are listed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from itertools import groupby
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from obrelease.cli.command_table import READ_ONLY_MODULES, CommandRow
from obrelease.cli.console.help import PlainHelp, Table
from obrelease.cli.console.plain_values import with_plain_values
from obrelease.storage.operating_system import refuse_windows

_PACKAGE: Final = "obrelease.cli.commands"
_HELP: Final = frozenset({"-h", "--help"})


class LazyCommand(TyperCommand):
    """The name and help line of a command; the command itself is loaded to parse its arguments."""

    def __init__(self, name: str, row: CommandRow) -> None:
        super().__init__(name, help=row.help)
        self._target = row.target
        self._reads_only = self._target.partition(":")[0] in READ_ONLY_MODULES

    def load(self) -> Any:
        """Import the command."""
        module, _, attribute = self._target.partition(":")
        return getattr(import_module(f"{_PACKAGE}.{module}"), attribute)

    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002
        """The whole help line: a narrow terminal breaks it and cuts nothing off."""
        return self.help or ""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the real command, which is the one that is invoked or completed.

        Raises:
            UsageError: the command does not work on Windows, and this is Windows; its help is shown there.
        """
        asks = extra.get("resilient_parsing") or _HELP & set(args)
        if sys.platform == "win32" and not self._reads_only and not asks:
            refuse_windows(f"`{parent.command_path} {info_name}`" if parent else f"`{info_name}`")
        return self.load().make_context(info_name, args, parent=parent, **extra)


def group_of(table: Mapping[str, CommandRow]) -> type[TyperGroup]:
    """A group class whose commands are the rows of a table, in that order."""

    class LazyGroup(PlainHelp, TyperGroup):
        def __init__(self, **attributes: Any) -> None:
            attributes["commands"] = {name: LazyCommand(name, row) for name, row in table.items()}
            super().__init__(**attributes)

        def get_params(self, ctx: Any) -> list[Any]:
            return with_plain_values(super().get_params(ctx))

        def help_tables(self, ctx: Any) -> list[Table]:
            """The options, and a table for each group; the names of all groups have one width."""
            width = max(map(len, table))
            return super().help_tables(ctx) + [
                (group, [(f"{name:{width}}", table[name].help) for name in names])
                for group, names in groupby(table, key=lambda name: table[name].group)
            ]

    return LazyGroup


def subcommands(name: str, table: Mapping[str, CommandRow], *, help: str) -> Any:  # noqa: A002
    """A group of commands below the root, such as `obrelease run`."""
    app = typer.Typer(
        name=name,
        cls=group_of(table),
        help=help,
        no_args_is_help=True,
        rich_markup_mode=None,
        add_completion=False,
    )
    app.callback(help=help)(lambda: None)
    return typer.main.get_command(app)
