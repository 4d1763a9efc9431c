"""The license of a project, as the metadata of archives needs it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from obrelease.errors import NotFound, UsageError
from obrelease.models.toml_reader import MAX_TOML_BYTES, read_toml
from obrelease.storage.files import read_bounded

_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,63}")
_SPDX: Final = "https://spdx.org/licenses/"


def license_address(given: str | None, root: Path) -> str:
    """The address of a license.

    Args:
        given: an SPDX identifier or an address; that of the project if None.

    Raises:
        UsageError: it is neither, or no license is known.
    """
    text = given if given is not None else project_license(root)
    if text is None:
        raise UsageError(
            "the license of the results is not known",
            hint="pass it as --license, such as MIT or CC-BY-4.0, or set `license` in pyproject.toml",
        )
    if re.fullmatch(r"https?://[!-~]{1,1000}", text):
        return text
    if not _IDENTIFIER.fullmatch(text):
        raise UsageError(
            f"{text[:80]!a} is not an SPDX identifier of one license",
            hint="pass one such as MIT, or an address",
        )
    return f"{_SPDX}{text}"


def project_license(root: Path) -> str | None:
    """The SPDX identifier in `pyproject.toml`; None if it names none, or an expression of several.

    Raises:
        UsageError: the file is malformed.
    """
    path = root / "pyproject.toml"
    try:
        document: dict[str, Any] = read_toml(
            read_bounded(path, MAX_TOML_BYTES), str(path), malformed=UsageError
        )
    except NotFound:
        return None
    table = document.get("project")
    found = table.get("license") if isinstance(table, dict) else None
    return found if isinstance(found, str) and _IDENTIFIER.fullmatch(found) else None
