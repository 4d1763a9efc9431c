"""Output streams: data on stdout, messages on stderr, progress only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from obrelease.cli.console.color import painted
from obrelease.cli.console.exit import Reply
from obrelease.cli.console.marks import in_encoding
from obrelease.cli.console.message import print_message
from obrelease.cli.console.printable_lines import printable_lines
from obrelease.cli.console.progress_line import progress_line
from obrelease.cli.console.stdio import write_stdout
from obrelease.cli.console.terminal import is_terminal
from obrelease.storage.progress import Advance


@dataclass(frozen=True, slots=True)
class Output:
    """How a command speaks: `json` is the stable contract and stands on stdout alone, as one document."""

    json: bool = False
    quiet: bool = False
    verbose: int = 0
    color: bool = False
    pager: bool = True
    reply: Reply = field(default_factory=Reply)

    def result(
        self,
        data: Mapping[str, Any] | Sequence[Any],
        text: str | Callable[[], str],
        *,
        paged: bool = False,
        as_is: bool = False,
    ) -> None:
        """The command's answer: `text` at once, or under `--json` `data` when the command has ended.

        Args:
            paged: a terminal shows a long text in the user's pager.
            as_is: the text is for a program, such as CSV: no colour, and no letters in place of shapes.

        Raises:
            StorageError: stdout cannot be written.
        """
        if self.json:
            self.reply.set_result(data)
        elif words := text() if callable(text) else text:
            shown = printable_lines(words.removesuffix("\n")) + "\n"
            if not as_is:
                shown = in_encoding(painted(shown) if self.color else shown, sys.stdout)
            if paged and self.pager and is_terminal():
                from obrelease.cli.console.pager import show_in_pager

                if show_in_pager(shown):
                    return
            write_stdout(shown)

    def note(self, text: str) -> None:
        """A line for people, on stderr; silent under `--quiet`."""
        if not self.quiet:
            print_message(text, self.reply.color)

    def detail(self, text: str) -> None:
        """A line for people who asked for more with `-v`."""
        if self.verbose and not self.quiet:
            print_message(text, self.reply.color)

    def warn(self, text: str) -> None:
        """A warning, on stderr, never silent."""
        print_message(f"warning: {text}", self.reply.color)

    @contextmanager
    def progress(self, label: str, total: int | None) -> Iterator[Advance]:
        """A line of progress on a terminal's stderr, nothing elsewhere; yields the advance function."""
        if self.quiet or sys.stderr is None or not sys.stderr.isatty():
            yield lambda _: None
            return
        with progress_line(sys.stderr, printable_lines(label), total) as advance:
            yield advance


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: `1 run`, `1,200 runs`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
