"""Write the plot of a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from obrelease.cli.console.settings import configure_matplotlib

if TYPE_CHECKING:
    from obrelease.cli.console.command import Session


class Drawable(Protocol):
    """A report that can be drawn."""

    def plot(self, path: Path) -> None:
        """Draw it into a file whose suffix names the format."""


def draw(session: Session, report: Drawable, plot: Path) -> None:
    """Write the plot of a report; raises as its method `plot`."""
    configure_matplotlib()
    report.plot(plot)
    session.out.note(f"drawn: {plot}")
