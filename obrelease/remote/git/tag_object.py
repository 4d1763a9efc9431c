"""A tag as git keeps it: the object, the commit, the message, and the signature behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from obrelease.errors import Conflict

_SIGNATURE: Final = re.compile(r"^-----BEGIN (?:PGP|SSH) ", re.MULTILINE)
_SSH_SIGNATURE: Final = "-----BEGIN SSH SIGNATURE-----"


@dataclass(frozen=True, slots=True)
class TagInfo:
    """A tag: the object its ref names, the commit that is peeled from it, and its message.

    `object_id` differs from `commit` where the tag is annotated; a lightweight tag has no
    message of its own, and "" here.

    Attributes:
        signature: the SSH signature that follows the message, as text; "" where there is none.
        signed_text: the bytes that it signs; empty where there is none.
    """

    name: str
    object_id: str
    commit: str
    message: str
    annotated: bool
    signature: str = ""
    signed_text: bytes = b""


def annotated_tag(name: str, object_id: str, commit: str, tag_object: str) -> TagInfo:
    """A tag object's parts; git takes the last signature, so whatever looks like two is none.

    Raises:
        Conflict: the object calls itself by another name than the ref that leads to it.
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
