"""`obrelease remote list`: list the named registries."""

from __future__ import annotations

from obrelease.cli.console.command import Session, command


@command("list")
def list_remotes(session: Session) -> None:
    """List the named registries."""
    remotes = dict(sorted(session.project().remotes.items()))
    session.out.result(
        {"remotes": remotes}, lambda: "\n".join(f"{name}  {place}" for name, place in remotes.items())
    )
    if not remotes:
        session.out.note("no remote is set; `obrelease remote add NAME oci://HOST/PATH` sets one")
