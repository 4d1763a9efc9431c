"""Start of the process: signals and streams are prepared before anything else is imported.

What needs no parser is answered without loading it: the version, and the words that a shell completes.
"""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Final

from obrelease.cli.console.signals import exit_on_interrupt, ignore_interrupts

if TYPE_CHECKING:
    from obrelease.cli.console.shells import Request


_OBJECTS_BETWEEN_COLLECTIONS: Final = 100_000
"""The interpreter's 700 make it look for circles a hundred times while modules load and lists are read."""


def main() -> None:
    """Load the command line and run it; never returns."""
    exit_on_interrupt()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *gc.get_threshold()[1:])
    from obrelease.cli.console.stdio import prepare_streams

    prepare_streams()
    if sys.argv[1:] in (["--version"], ["-V"]):
        _print_version()
    from obrelease.cli.console.shells import read_request

    if (request := read_request()) is not None:
        _complete(request)
    from obrelease.cli.app import main as run_command_line

    run_command_line()


def _print_version() -> None:
    """Print the version; never returns."""
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


def _complete(request: Request) -> None:
    """Print the words that the shell offers; never returns. A failure offers nothing, and prints nothing."""
    try:
        from obrelease.cli.console.complete_line import complete, read_table
        from obrelease.cli.console.stdio import write_stdout

        offers = complete(read_table(), request.words, request.incomplete)
        if request.asks_whether:
            sys.exit(0 if offers else 1)
        write_stdout(request.answer(offers) + "\n")
    except Exception:
        sys.exit(0)
    sys.exit(0)
