"""Output streams: data on stdout, messages on stderr, progress only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from obrelease.cli.console.exit import Reply, printable_lines
from obrelease.cli.console.stdio import write_stderr, write_stdout
from obrelease.storage.progress import Advance


@dataclass(frozen=True, slots=True)
class Output:
    """How a command speaks: `json` is the stable contract and stands on stdout alone, as one document."""

    json: bool = False
    quiet: bool = False
    verbose: int = 0
    color: bool = True
    reply: Reply = field(default_factory=Reply)

    def result(self, data: Mapping[str, Any] | Sequence[Any], text: str | Callable[[], str]) -> None:
        """The command's answer: `text` at once, or under `--json` `data` when the command has ended.

        Raises:
            StorageError: stdout cannot be written.
        """
        if self.json:
            self.reply.set_result(data)
        elif words := text() if callable(text) else text:
            write_stdout(printable_lines(words.removesuffix("\n")) + "\n")

    def note(self, text: str) -> None:
        """A line for people, on stderr; silent under `--quiet`."""
        if not self.quiet:
            write_stderr(printable_lines(text))

    def detail(self, text: str) -> None:
        """A line for people who asked for more with `-v`."""
        if self.verbose and not self.quiet:
            write_stderr(printable_lines(text))

    def warn(self, text: str) -> None:
        """A warning, on stderr, never silent."""
        write_stderr(f"warning: {printable_lines(text)}")

    @contextmanager
    def progress(self, label: str, total: int | None) -> Iterator[Advance]:
        """A progress bar on a terminal's stderr, nothing elsewhere; yields the advance function."""
        if self.quiet or sys.stderr is None or not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        console = Console(stderr=True, no_color=not self.color)
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(printable_lines(label), total=total)
            yield lambda step: bar.advance(task, step)


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: `1 run`, `1,200 runs`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def table(rows: Sequence[Sequence[str]], header: Sequence[str]) -> str:
    """Plain columns, two spaces apart, as `gh` prints into a pipe; empty text for no rows."""
    if not rows:
        return ""
    cells = [list(header), *[list(row) for row in rows]]
    widths = [max(len(line[i]) for line in cells) for i in range(len(header))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    )
