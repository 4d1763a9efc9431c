"""`obrelease remote`: the group of its commands."""

from __future__ import annotations

from obrelease.cli.command_table import REMOTE_COMMANDS, ROOT_COMMANDS
from obrelease.cli.console.lazy_commands import subcommands

remote = subcommands("remote", REMOTE_COMMANDS, help=ROOT_COMMANDS["remote"].help)
