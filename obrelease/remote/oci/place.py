"""The place of a repository in an OCI registry: `oci://host[:port]/path`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from obrelease.errors import UsageError
from obrelease.remote.plain_addresses import is_https_or_loopback, plain_address

SCHEME: Final = "oci://"
_PATH: Final = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_MAX_LENGTH: Final = 255
_HINT: Final = "write oci://HOST/PATH, such as oci://ghcr.io/owner/results; the path in lower case"
_DOCKER_HUB: Final = {"docker.io": "registry-1.docker.io", "index.docker.io": "registry-1.docker.io"}


@dataclass(frozen=True, slots=True)
class Place:
    """A repository of a registry.

    Attributes:
        host: with its port, if it has one.
        path: the name of the repository.
        scheme: `https`; `http` for a registry on this machine.
    """

    host: str
    path: str
    scheme: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.host}/{self.path}"

    @property
    def origin(self) -> str:
        """Scheme, host and port of its requests."""
        return f"{self.scheme}://{_DOCKER_HUB.get(self.host, self.host)}"

    @property
    def base(self) -> str:
        """The address that every request about the repository starts with."""
        return f"{self.origin}/v2/{self.path}"


def parse_place(text: str) -> Place:
    """Read `oci://host[:port]/path`. A registry on this machine is spoken to by http, all others by https.

    Raises:
        UsageError: it is something else, has a user or a query, or is longer than 255 characters.
    """
    host, slash, path = text.removeprefix(SCHEME).partition("/")
    parts = plain_address(f"https://{host}/") if text.startswith(SCHEME) and slash else None
    if parts is None or parts.netloc != host.lower() or len(host + path) > _MAX_LENGTH:
        raise UsageError(f"{_shown(text)} is not a place in a registry", hint=_HINT)
    if not _PATH.fullmatch(path):
        raise UsageError(f"{_shown(text)}: {_shown(path)} is not a name of a repository", hint=_HINT)
    local = plain_address(f"http://{host}/")
    return Place(host, path, "http" if local is not None and is_https_or_loopback(local) else "https")


def _shown(text: str) -> str:
    """A text for a message, without what may be a password before an `@`."""
    before, at, after = text.rpartition("@")
    shown = f"{SCHEME}...@{after}" if at and before else text
    return ascii(shown[:200])
