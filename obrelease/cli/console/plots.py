"""Write the plot of a comparison."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from obrelease.cli.console.settings import configure_matplotlib

if TYPE_CHECKING:
    from obrelease.api import ComparisonReport
    from obrelease.cli.console.command import Session


def draw(session: Session, report: ComparisonReport, plot: Path) -> None:
    """Write the plot of a comparison; raises as `ComparisonReport.plot`."""
    configure_matplotlib()
    report.plot(plot)
    session.out.note(f"drawn: {plot}")
