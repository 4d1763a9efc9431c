"""`obrelease sweep`: the group of its commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from obrelease.cli.command_table import ROOT_COMMANDS, SWEEP_COMMANDS
from obrelease.cli.console.lazy_commands import subcommands

sweep = subcommands("sweep", SWEEP_COMMANDS, help=ROOT_COMMANDS["sweep"].help)

SweepFileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The sweep file.")]
