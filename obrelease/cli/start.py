"""The start of the process: Ctrl-C has its say before anything is loaded."""

from __future__ import annotations

from obrelease.cli.console.signals import end_at_once


def main() -> None:
    """Load the command line and run it; never returns."""
    end_at_once()
    from obrelease.cli.app import main as run

    run()
