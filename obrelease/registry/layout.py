"""Where things lie below the results folder, and how its folders are walked."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

INDEX_NAME: Final = ".index.sqlite"
STAGING_NAME: Final = ".staging"
PINS_NAME: Final = ".pins"

PREFIX_LENGTHS: Final = (12, 16, 24, 32, 48, 64)
"""How much of the digest names the folder: 12 digits, more only where another run has those."""

_SHELF_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_PLACE_NAME: Final = re.compile(r"[0-9a-f]{12,64}")


def run_location(kind: str, scenario: str, digest: str, length: int = PREFIX_LENGTHS[0]) -> str:
    """The path of an artefact's folder below the results folder, with `/`."""
    return f"{kind}/{scenario}/{digest[:length]}"


def is_run_folder_name(name: str) -> bool:
    """Whether a folder's name is the beginning of a digest, long enough to be an artefact's."""
    return _PLACE_NAME.fullmatch(name) is not None


def is_run_location(parts: Sequence[str]) -> bool:
    """Whether these are kind, scenario and name of an artefact's folder, none of which leads elsewhere."""
    return len(parts) == 3 and is_run_folder_name(parts[2]) and all(map(_SHELF_NAME.fullmatch, parts[:2]))


def subfolders(folder: Path) -> list[str]:
    """Names of the real folders in `folder`, sorted, hidden ones and symbolic links left out."""
    try:
        with os.scandir(folder) as found:
            return sorted(
                item.name
                for item in found
                if item.is_dir(follow_symlinks=False) and not item.name.startswith(".")
            )
    except FileNotFoundError:
        return []
