"""The media type that an asset is uploaded with; a picture of another type is not shown on a page."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

_TYPES: Final = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".gz": "application/gzip",
}
_ANY: Final = "application/octet-stream"


def content_type(name: str) -> str:
    """The media type of an asset, by the end of its name."""
    return _TYPES.get(PurePosixPath(name).suffix.lower(), _ANY)
