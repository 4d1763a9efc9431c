"""The root of the command line, and the one place where an error becomes an exit code."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Annotated

import typer

from obrelease import __version__
from obrelease.cli import (
    compare,
    doctor,
    gate,
    imports,
    init,
    keep,
    registry,
    release,
    reproduce,
    run,
    schema,
    verify,
)
from obrelease.cli.output import shown
from obrelease.errors import ExitCode, ObreleaseError

app = typer.Typer(
    name="obrelease",
    help="Benchmark results as evidence: measure, keep, publish and verify.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"obrelease {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Benchmark results as evidence: measure, keep, publish and verify."""


for room in (run, imports, registry, keep, reproduce, compare, gate, release, verify, schema, init, doctor):
    room.register(app)


def main() -> None:
    """Run the command line; never returns. SIGTERM unwinds as Ctrl-C does, so nothing is left half done."""
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(execute())


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def execute(args: list[str] | None = None) -> int:
    """Run one command line and return its exit code; errors go to stderr with their hint."""
    try:
        app(args=args, standalone_mode=True, prog_name="obrelease")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.USAGE
    except ObreleaseError as error:
        sys.stderr.write(f"error: {shown(error.message)}\n")
        if error.hint:
            sys.stderr.write(f"hint: {shown(error.hint)}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return ExitCode.INTERRUPTED
    return ExitCode.OK
