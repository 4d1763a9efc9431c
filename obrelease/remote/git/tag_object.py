"""Parses a git tag: object, commit, message and signature."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from obrelease.errors import Conflict

_SIGNATURE: Final = re.compile(r"^-----BEGIN (?:PGP|SSH) ", re.MULTILINE)
_SSH_SIGNATURE: Final = "-----BEGIN SSH SIGNATURE-----"


@dataclass(frozen=True, slots=True)
class TagInfo:
    """A tag of a git repository.

    Attributes:
        object_id: the object of the ref; of an annotated tag it differs from `commit`.
        commit: the commit that the tag leads to.
        message: the message of an annotated tag; "" if the tag is lightweight.
        signature: the SSH signature after the message, as text, or "".
        signed_text: the bytes that are signed; empty if there is no signature.
    """

    name: str
    object_id: str
    commit: str
    message: str
    annotated: bool
    signature: str = ""
    signed_text: bytes = b""


def annotated_tag(name: str, object_id: str, commit: str, tag_object: str) -> TagInfo:
    """Parse a tag object. Git uses the last signature, so a message with several has none here.

    Raises:
        Conflict: the object has another name than the ref that leads to it.
    """
    headers, _, body = tag_object.partition("\n\n")
    if f"tag {name}" not in headers.split("\n"):
        raise Conflict(
            f"the tag {name} leads to an object of another name", hint="a tag was moved under this name"
        )
    starts = [match.start() for match in _SIGNATURE.finditer(body)]
    message = body[: starts[0]] if starts else body
    if len(starts) != 1 or not body.startswith(_SSH_SIGNATURE, starts[0]):
        return TagInfo(name, object_id, commit, message, annotated=True)
    signed = f"{headers}\n\n{message}".encode("utf-8", "surrogateescape")
    return TagInfo(name, object_id, commit, message, True, body[starts[0] :], signed)
