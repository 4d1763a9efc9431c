"""`obrelease schema`: the group of its commands."""

from __future__ import annotations

from obrelease.cli.command_table import ROOT_COMMANDS, SCHEMA_COMMANDS
from obrelease.cli.console.lazy_commands import subcommands

schema = subcommands("schema", SCHEMA_COMMANDS, help=ROOT_COMMANDS["schema"].help)
