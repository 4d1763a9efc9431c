"""Addresses without user, query and fragment: which are accepted, and which have the same origin."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urlsplit

from obrelease.errors import UsageError

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


def is_https_or_loopback(parts: SplitResult) -> bool:
    """Whether an address is https, or http on this machine."""
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def checked_address(address: str) -> str:
    """Return an address to download from: https, or http on this machine; no user, query or fragment.

    Raises:
        UsageError: it is not such an address.
    """
    parts = plain_address(address)
    if parts is None or not is_https_or_loopback(parts):
        raise UsageError(
            f"{address[:200]!a} is not an address to read a release from",
            hint="pass an https address without a user, a query or a fragment",
        )
    return address


def plain_address(address: str) -> SplitResult | None:
    """The parts of an address without user, query and fragment; None for anything else.

    `urlsplit` drops line breaks and tabs, and clients read backslashes in two ways, so both are refused.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    printable = address.isascii() and address.isprintable() and not set(" \\") & set(address)
    bare = "@" not in parts.netloc and not set("?#") & set(address)
    return parts if printable and bare and host else None


def is_same_origin(address: str, other: str) -> bool:
    """Whether two plain addresses have the same scheme, host and port."""
    first, second = plain_address(address), plain_address(other)
    return first is not None and second is not None and _origin(first) == _origin(second)


def host_of(address: str) -> str:
    """The host and port of an address, for a message."""
    parts = plain_address(address)
    return repr(parts.netloc) if parts is not None else ascii(address[:200])


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
