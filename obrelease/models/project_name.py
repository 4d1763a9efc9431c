"""The one rule for the name of a project that was not named: made of the name of its folder."""

from __future__ import annotations

import re
from typing import Final

_UNSAFE: Final = re.compile(r"[^a-z0-9._-]+")


def project_name(name: str) -> str:
    """A project name that can be part of asset names, from any text."""
    return _UNSAFE.sub("-", name.lower()).strip("-._")[:64] or "project"
