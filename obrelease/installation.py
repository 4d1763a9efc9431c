"""How the program was installed, and how an extra is added to it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

_DISTRIBUTION: Final = "obrelease"


def install_extra(extra: str) -> str:
    """The command that installs an extra from where the program came: `pip install '/src/obrelease[site]'`.

    A bare name is used only if the program itself was installed by its name.
    """
    return f"pip install {shlex.quote(_requirement(extra, installation_record(), Path(__file__).parents[1]))}"


def installation_record() -> Mapping[str, Any]:
    """What the installer recorded (`direct_url.json`, PEP 610); empty if installed by name, or not at all."""
    try:
        record = json.loads(distribution(_DISTRIBUTION).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _requirement(extra: str, record: Mapping[str, Any], parent: Path) -> str:
    """The extra as a requirement; `parent` is the folder of the package, which may be a checkout."""
    if (parent / "pyproject.toml").is_file():
        return f"{parent}[{extra}]"
    url = record.get("url")
    if not isinstance(url, str):
        return f"{_DISTRIBUTION}[{extra}]"
    if "dir_info" in record:
        return f"{url2pathname(urlsplit(url).path)}[{extra}]"
    version = record.get("vcs_info")
    if isinstance(version, dict):
        url = f"{version.get('vcs')}+{url}@{version.get('commit_id')}"
    return f"{_DISTRIBUTION}[{extra}] @ {url}"
