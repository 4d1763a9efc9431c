"""Which addresses of git remotes are pushed to: none that starts a program or shows a password."""

from __future__ import annotations

from pathlib import Path

from obrelease.errors import UsageError


def checked_push_address(address: str, remote: str, *, trees: tuple[Path, ...]) -> str:
    """The address of a remote, if it may be pushed to.

    Args:
        trees: resolved folders whose files are not trusted. A push to a repository below them would run
            the hooks that are in it.

    Raises:
        UsageError: the address would start a helper program, has a password in it, or is below `trees`.
    """
    if address.startswith("-") or "::" in address.split("/", 1)[0]:
        raise UsageError(f"the address of the git remote {remote} cannot be pushed to")
    authority = address.partition("://")[2].split("/", 1)[0]
    if ":" in authority.rpartition("@")[0]:
        raise UsageError(
            f"the address of the git remote {remote} has a password in it",
            hint="every program on this machine can read it; use a credential helper or SSH",
        )
    place = _local_path(address)
    if place is not None and any((trees[0] / place).resolve().is_relative_to(tree) for tree in trees):
        raise UsageError(
            f"the address of the git remote {remote} is a folder of this repository",
            hint="a push would run the hooks in that folder; use a remote outside of the tree",
        )
    return address


def _local_path(address: str) -> Path | None:
    """The path that git takes an address for; `host:path` is none, but a colon may follow a slash."""
    if address.startswith("file://"):
        return Path("/", address.removeprefix("file://").partition("/")[2])
    if "://" in address or ":" in address.split("/", 1)[0]:
        return None
    return Path(address)
