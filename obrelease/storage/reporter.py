"""How long operations report notes, details, warnings and progress, without knowing of a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

from obrelease.storage.progress import Advance


class Reporter(Protocol):
    """Receives the messages of a long operation."""

    def note(self, text: str) -> None:
        """Report what is done next, or why a step is skipped."""
        ...

    def detail(self, text: str) -> None:
        """Report what only a verbose run shows."""
        ...

    def warn(self, text: str) -> None:
        """Report what readers of the release must know, such as a run of another commit."""
        ...

    def progress(self, label: str, total: int | None, /) -> AbstractContextManager[Advance]:
        """Open a progress bar; `total` is None if the amount of work is unknown."""
        ...


class SilentReporter:
    """A reporter without output: the default of library calls."""

    def note(self, text: str) -> None:
        """Ignore the note."""

    def detail(self, text: str) -> None:
        """Ignore the detail."""

    def warn(self, text: str) -> None:
        """Ignore the warning; results carry the warnings as well."""

    @contextmanager
    def progress(self, _label: str, _total: int | None, /) -> Iterator[Advance]:
        """Count nothing."""
        yield lambda _: None


SILENT: Final[Reporter] = SilentReporter()
"""The default of functions that report."""
