"""The message of a release's tag: the digests that it binds, and the signatures that go with them.

One line each: `<name>: sha256:<hex>`, and in a signed tag `<name>-signature: <base64>`. So the tag
carries all that a rebuild without any key needs to give the signed release again, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

SUMS: Final = "sums"
PROVENANCE: Final = "provenance"

_DIGEST: Final = re.compile(r"^(bundle|manifest): sha256:([0-9a-f]{64})$", re.MULTILINE)
_SIGNATURE: Final = re.compile(
    r"^(sums|provenance)-signature: ([A-Za-z0-9+/]{1,100000}={0,2})$", re.MULTILINE
)


def compose(
    project: str, tag: str, digests: Mapping[str, str], signatures: Mapping[str, str] | None = None
) -> str:
    """The message, in git's form: a subject, an empty line, the digests, the signatures."""
    lines = [f"{name}: sha256:{digest}\n" for name, digest in sorted(digests.items())]
    lines += [f"{name}-signature: {text}\n" for name, text in sorted((signatures or {}).items())]
    return f"{project} {tag}\n\n{''.join(lines)}"


def digests_in(message: str) -> dict[str, str]:
    """The digests that a message carries; the first of each name counts, a second cannot override it."""
    return _firsts(_DIGEST, message)


def signatures_in(message: str) -> dict[str, str]:
    """The signatures that a message carries, as base64; the first of each name counts."""
    return _firsts(_SIGNATURE, message)


def _firsts(pattern: re.Pattern[str], message: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pattern.findall(message):
        found.setdefault(name, value)
    return found
