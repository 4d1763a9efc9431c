"""`obrelease reindex`: rebuild the index from the run folders."""

from __future__ import annotations

from obrelease.cli.console.command import ResultsOption, Session, command
from obrelease.cli.console.output import counted


@command("reindex")
def reindex(session: Session, results: ResultsOption = None) -> None:
    """Rebuild the index from the run folders."""
    registry = session.registry(results, must_exist=True)
    runs = registry.reindex()
    session.out.result({"results": str(registry.root), "runs": runs}, counted(runs, "run"))
    if unreadable := registry.unreadable():
        session.out.warn(
            f"not in the index: {counted(len(unreadable), 'folder')} with a damaged envelope,"
            f" the first is {unreadable[0]}; `obrelease fsck` names the damage"
        )
