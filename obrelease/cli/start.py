"""Start of the process: signals and streams are prepared before anything else is imported."""

from __future__ import annotations

import sys

from obrelease.cli.console.signals import exit_on_interrupt, ignore_interrupts


def main() -> None:
    """Load the command line and run it; never returns."""
    exit_on_interrupt()
    from obrelease.cli.console.stdio import prepare_streams

    prepare_streams()
    if sys.argv[1:] in (["--version"], ["-V"]):
        _print_version()
    from obrelease.cli.app import main as run_command_line

    run_command_line()


def _print_version() -> None:
    """Print the version without loading the parser; never returns."""
    from obrelease.cli.console.stdio import write_stdout
    from obrelease.errors import StorageError
    from obrelease.version import VERSION

    ignore_interrupts()
    try:
        write_stdout(f"obrelease {VERSION}\n")
    except StorageError as error:
        from obrelease.cli.console.exit import Failure, Reply

        sys.exit(int(Reply().finish(Failure.from_error(error))))
    sys.exit(0)
