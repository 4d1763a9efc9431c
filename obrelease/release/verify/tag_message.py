"""The message of a release tag: the digests and the signatures of the release.

Each is one line: `<name>: sha256:<hex>`, and in a signed tag `<name>-signature: <base64>`. So a rebuild
without a key can restore the signed release from the tag, byte for byte.
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


def compose_message(
    project: str, tag: str, digests: Mapping[str, str], signatures: Mapping[str, str] | None = None
) -> str:
    """Compose the message in the form of git: a subject, an empty line, digests, signatures."""
    lines = [f"{name}: sha256:{digest}\n" for name, digest in sorted(digests.items())]
    lines += [f"{name}-signature: {text}\n" for name, text in sorted((signatures or {}).items())]
    return f"{project} {tag}\n\n{''.join(lines)}"


def digests_in(message: str) -> dict[str, str]:
    """The digests in a message; the first of each name counts, so a later one cannot override it."""
    return _firsts(_DIGEST, message)


def signatures_in(message: str) -> dict[str, str]:
    """The signatures in a message, as base64; the first of each name counts."""
    return _firsts(_SIGNATURE, message)


def _firsts(pattern: re.Pattern[str], message: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pattern.findall(message):
        found.setdefault(name, value)
    return found
