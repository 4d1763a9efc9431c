"""What `push`, `pull` and `sync` print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obrelease.cli.console.output import counted

if TYPE_CHECKING:
    from obrelease.api import SharedReport


def shared_text(report: SharedReport) -> str:
    """One line that says what was exchanged."""
    parts = []
    if report.pushed:
        parts.append(f"{counted(len(report.pushed), 'run')} pushed ({report.sent_bytes:,} bytes)")
    if report.pulled:
        parts.append(f"{counted(len(report.pulled), 'run')} pulled ({report.received_bytes:,} bytes)")
    if report.present or not parts:
        parts.append(f"{counted(report.present, 'run')} there already")
    return f"{report.place}: {', '.join(parts)}; {counted(report.requests, 'request')}"
