"""What `push`, `pull` and `sync` print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obrelease.cli.console.output import counted
from obrelease.cli.rendering.sizes import size_text

if TYPE_CHECKING:
    from obrelease.api import SharedReport


def shared_text(report: SharedReport) -> str:
    """One line that says what was exchanged."""
    parts = []
    if report.pushed:
        parts.append(f"{counted(len(report.pushed), 'run')} pushed ({size_text(report.sent_bytes)})")
    if report.pulled:
        parts.append(f"{counted(len(report.pulled), 'run')} pulled ({size_text(report.received_bytes)})")
    if report.present or not parts:
        parts.append(f"{counted(report.present, 'run')} there already")
    return f"{report.place}: {', '.join(parts)}; {counted(report.requests, 'request')}"
