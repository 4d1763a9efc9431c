"""Where words go: data on stdout, people's text on stderr, progress only on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from obrelease.models.problem import printable

Advance = Callable[[int], None]


def shown(text: str) -> str:
    """Text for a terminal: whatever a file or a forge put into it, no escape sequence reaches the screen."""
    return "\n".join(printable(line) for line in text.split("\n"))


@dataclass(frozen=True, slots=True)
class Output:
    """How a command speaks: `json` is the stable contract and stands on stdout alone."""

    json: bool = False
    quiet: bool = False
    verbose: int = 0
    color: bool = True

    def result(self, data: Mapping[str, Any] | Sequence[Any], text: str | Callable[[], str]) -> None:
        """The command's answer: `data` as JSON with sorted keys under `--json`, else `text`."""
        if self.json:
            sys.stdout.write(json.dumps(data, indent=2, sort_keys=True, ensure_ascii=True) + "\n")
        else:
            words = text() if callable(text) else text
            if words:
                sys.stdout.write(shown(words.removesuffix("\n")) + "\n")

    def note(self, text: str) -> None:
        """A line for people, on stderr; silent under `--quiet`."""
        if not self.quiet:
            sys.stderr.write(shown(text) + "\n")

    def detail(self, text: str) -> None:
        """A line for people who asked for more with `-v`."""
        if self.verbose and not self.quiet:
            sys.stderr.write(shown(text) + "\n")

    def warn(self, text: str) -> None:
        """A warning, on stderr, never silent."""
        sys.stderr.write(f"warning: {shown(text)}\n")

    @contextmanager
    def progress(self, label: str, total: int | None) -> Iterator[Advance]:
        """A progress bar on a terminal's stderr, nothing elsewhere; yields the advance function."""
        if self.quiet or not sys.stderr.isatty():
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
            task = bar.add_task(shown(label), total=total)
            yield lambda step: bar.advance(task, step)


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
