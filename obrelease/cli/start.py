"""Start of the process: signals and streams are prepared before anything else is imported."""

from __future__ import annotations

from obrelease.cli.console.signals import exit_on_interrupt


def main() -> None:
    """Load the command line and run it; never returns."""
    exit_on_interrupt()
    from obrelease.cli.console.stdio import prepare_streams

    prepare_streams()
    from obrelease.cli.app import main as run_command_line

    run_command_line()
