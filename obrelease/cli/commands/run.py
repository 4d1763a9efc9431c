"""`obrelease run`: the group of its commands."""

from __future__ import annotations

from obrelease.cli.command_table import ROOT_COMMANDS, RUN_COMMANDS
from obrelease.cli.console.lazy_commands import subcommands

run = subcommands("run", RUN_COMMANDS, help=ROOT_COMMANDS["run"].help)
