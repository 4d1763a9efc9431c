"""`obrelease reindex`: rebuild the index from the run folders."""

from __future__ import annotations

from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.open_registry import registry_of
from obrelease.cli.console.output import counted


@command("reindex")
def reindex(session: Session, results: ResultsOption = None) -> None:
    """Rebuild the index from the run folders."""
    registry = registry_of(session.settings(results=results), must_exist=True)
    runs = registry.reindex()
    session.out.result({"results": str(registry.root), "runs": runs}, counted(runs, "run"))
    if unreadable := registry.unreadable():
        session.out.warn(
            f"left out of the index: {counted(len(unreadable), 'folder')} that cannot be read,"
            f" the first is {unreadable[0]}; `obrelease fsck` says why"
        )
