"""Messages on stderr: escaped, broken between words on a terminal, their first word in colour."""

from __future__ import annotations

import sys

from obrelease.cli.console.color import ColorChoice, painted_message, uses_color
from obrelease.cli.console.marks import in_encoding
from obrelease.cli.console.printable_lines import printable_lines
from obrelease.cli.console.progress_line import erase_progress
from obrelease.cli.console.stdio import write_stderr
from obrelease.cli.console.terminal import message_width
from obrelease.cli.console.wrapping import wrapped_text


def print_message(text: str, color: ColorChoice) -> None:
    """Print a note, a warning or an error; a pipe gets each line whole."""
    shown = wrapped_text(printable_lines(text), message_width())
    if uses_color(color, sys.stderr):
        shown = painted_message(shown)
    erase_progress()
    write_stderr(in_encoding(shown, sys.stderr))
