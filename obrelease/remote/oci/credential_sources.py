"""Where credentials of registries may come from, as a value: loading it loads no HTTP client."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CredentialSources:
    """Where credentials may come from; the user's environment names them, never a file of the tree.

    Attributes:
        files: configuration files of docker and podman; the first that knows the host is used.
        github_token: for ghcr.io alone, if no file knows it.
        token_hosts: hosts besides a registry's own that its credentials may be sent to for a token.
    """

    files: tuple[Path, ...] = ()
    github_token: str | None = field(default=None, repr=False)
    token_hosts: tuple[str, ...] = ()
