"""The message of a release's tag: one `<name>: sha256:<hex>` line for each digest it binds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_LINE: Final = re.compile(r"^(bundle|manifest): sha256:([0-9a-f]{64})$", re.MULTILINE)


def compose(project: str, tag: str, digests: Mapping[str, str]) -> str:
    """The message, in git's form: a subject, an empty line, the digests."""
    lines = "".join(f"{name}: sha256:{digest}\n" for name, digest in sorted(digests.items()))
    return f"{project} {tag}\n\n{lines}"


def digests_in(message: str) -> dict[str, str]:
    """The digests that a message carries; the first of each name counts, a second cannot override it."""
    found: dict[str, str] = {}
    for name, digest in _LINE.findall(message):
        found.setdefault(name, digest)
    return found
