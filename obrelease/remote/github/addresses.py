"""The addresses that a token is sent to: the API, and its host for uploads."""

from __future__ import annotations

from obrelease.errors import RemoteError, UsageError
from obrelease.remote.plain_addresses import host_of, is_https_or_loopback, plain_address

_API_PREFIX = "api."
_UPLOAD_PREFIX = "uploads."


def checked_api(api: str) -> str:
    """Return the base address of the API, without a slash at its end.

    Raises:
        UsageError: it is not https (or http on this machine), or has a user, a query or a fragment.
    """
    parts = plain_address(api)
    if parts is None:
        raise UsageError("the address of the GitHub API must be a plain https address without credentials")
    if not is_https_or_loopback(parts):
        raise UsageError(
            f"{parts.hostname}: the GitHub API must be reached by https",
            hint="without https the token could be read on the way",
        )
    return api.rstrip("/")


def web_address(api: str) -> str:
    """The address of the pages of a GitHub, by that of its API: github.com, or a server's own host."""
    parts = plain_address(checked_api(api))
    if parts is None:
        raise AssertionError("a checked address is plain")
    return f"{parts.scheme}://{parts.netloc.removeprefix(_API_PREFIX)}"


def checked_upload_address(url: str, api: str) -> str:
    """Return the address for uploads in a response, if the token may be sent there.

    github.com and ghe.com upload to `uploads.` below the API's domain, an Enterprise Server to its own host.

    Args:
        url: the address in the server's response.
        api: the base address of the API; checked already.

    Raises:
        RemoteError: another scheme, host or port, or an address with a user, a query or a fragment.
    """
    own, target = plain_address(api), plain_address(url)
    if own is None or target is None or not own.hostname:
        raise RemoteError("GitHub's address for uploads is not a plain address")
    hosts = {own.hostname, _UPLOAD_PREFIX + own.hostname.removeprefix(_API_PREFIX)}
    same_port = (target.port or 443) == (own.port or 443) or own.scheme == "http"
    if target.scheme != own.scheme or target.hostname not in hosts or not same_port:
        raise RemoteError(
            f"GitHub's address for uploads is of {host_of(url)}, the API is {host_of(api)}",
            hint="the token was not sent there",
        )
    return url
