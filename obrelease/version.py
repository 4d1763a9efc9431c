"""The version of the installed distribution."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def installed_version() -> str:
    """The version, or `0+unknown` where the package runs without being installed."""
    try:
        return version("obrelease")
    except PackageNotFoundError:
        return "0+unknown"
