"""`obrelease site`: the group of its commands."""

from __future__ import annotations

from obrelease.cli.command_table import ROOT_COMMANDS, SITE_COMMANDS
from obrelease.cli.console.lazy_commands import subcommands

site = subcommands("site", SITE_COMMANDS, help=ROOT_COMMANDS["site"].help)
