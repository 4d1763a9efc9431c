"""Output streams: data on stdout, messages on stderr, progress only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from obrelease.cli.console.exit import Reply, printable_lines
from obrelease.cli.console.stdio import write_stderr, write_stdout
from obrelease.cli.console.terminal import is_terminal
from obrelease.storage.progress import Advance

if TYPE_CHECKING:
    from rich.progress import Task


@dataclass(frozen=True, slots=True)
class Output:
    """How a command speaks: `json` is the stable contract and stands on stdout alone, as one document."""

    json: bool = False
    quiet: bool = False
    verbose: int = 0
    color: bool = True
    pager: bool = True
    reply: Reply = field(default_factory=Reply)

    def result(
        self,
        data: Mapping[str, Any] | Sequence[Any],
        text: str | Callable[[], str],
        *,
        paged: bool = False,
    ) -> None:
        """The command's answer: `text` at once, or under `--json` `data` when the command has ended.

        Args:
            paged: a terminal shows a long text in the user's pager.

        Raises:
            StorageError: stdout cannot be written.
        """
        if self.json:
            self.reply.set_result(data)
        elif words := text() if callable(text) else text:
            shown = printable_lines(words.removesuffix("\n")) + "\n"
            if paged and self.pager and is_terminal():
                from obrelease.cli.console.pager import show_in_pager

                if show_in_pager(shown):
                    return
            write_stdout(shown)

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
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        console = Console(stderr=True, no_color=not self.color)
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[amount]}", markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(printable_lines(label), total=total, amount="")

            def advance(step: int) -> None:
                bar.advance(task, step)
                bar.update(task, amount=_amount(bar.tasks[task]))

            yield advance


def _amount(task: Task) -> str:
    """What is done, of how much, and how much in a second."""
    done = scaled(task.completed) + ("" if task.total is None else f" of {scaled(task.total)}")
    return done if task.speed is None else f"{done}, {scaled(task.speed)}/s"


def scaled(number: float) -> str:
    """A count as a few digits: `9,999`, `12.3 k`, `4.2 M`."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= 10 * size or (number >= size and size > 1e3):
            return f"{number / size:,.1f} {sign}"
    return f"{number:,.0f}"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: `1 run`, `1,200 runs`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
