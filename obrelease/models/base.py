"""Base class of all documents, and their scalar types."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, WithJsonSchema

from obrelease.models.artefact_format import MAX_SAFE_INTEGER as MAX_SAFE_INTEGER


class Document(BaseModel):
    """A frozen value that refuses unknown fields, NaN and silent coercion.

    Its validator is built when it is first used: most commands use one or two of all documents.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        ser_json_inf_nan="constants",
        defer_build=True,
    )


def _fits_uint64(text: str) -> str:
    if int(text) >= 2**64:
        raise ValueError("does not fit in 64 bits")
    return text


def _is_plain_relative(path: str) -> str:
    if any(part in {"", ".", ".."} for part in path.split("/")):
        raise ValueError("must be a plain relative path without '.', '..' or empty parts")
    return path


_UINT64_PATTERN: Final = (
    r"^(0|[1-9][0-9]{0,18}|1[0-7][0-9]{18}|18[0-3][0-9]{17}|184[0-3][0-9]{16}|1844[0-5][0-9]{15}"
    r"|18446[0-6][0-9]{14}|184467[0-3][0-9]{13}|1844674[0-3][0-9]{12}|184467440[0-6][0-9]{10}"
    r"|1844674407[0-2][0-9]{9}|18446744073[0-6][0-9]{8}|1844674407370[0-8][0-9]{6}"
    r"|18446744073709[0-4][0-9]{5}|184467440737095[0-4][0-9]{4}|18446744073709550[0-9]{3}"
    r"|18446744073709551[0-5][0-9]{2}|1844674407370955160[0-9]|1844674407370955161[0-5])$"
)
"""0 to 2**64 - 1, so that the schema accepts the same values as the model."""

_PLAIN_RELATIVE_PATTERN: Final = r"^(?!\.{1,2}(/|$))[A-Za-z0-9._-]+(/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)*$"

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A sha256 in lower-case hex, as `sha256sum` prints it."""

Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
"""A full git object name (SHA-1, or SHA-256 repositories)."""

Uint64 = Annotated[
    str,
    StringConstraints(pattern=r"^(0|[1-9][0-9]{0,19})$"),
    AfterValidator(_fits_uint64),
    WithJsonSchema({"type": "string", "pattern": _UINT64_PATTERN}),
]
"""An unsigned 64-bit integer as decimal text: JSON numbers stop at 2**53 - 1."""

Nanos = Uint64
"""Nanoseconds since 1970-01-01T00:00:00Z, as decimal text."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
"""A name that is safe as a folder on every file system."""

AssetName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
"""A release asset's name: the characters that GitHub keeps as they are."""

RelativePath = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$", max_length=240),
    AfterValidator(_is_plain_relative),
    WithJsonSchema({"type": "string", "pattern": _PLAIN_RELATIVE_PATTERN, "maxLength": 240}),
]
"""A POSIX path below the document's folder."""

Unit = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9%/._-]{1,32}$")]
"""A unit's symbol, such as `ns`, `msg`, `bytes`."""


def require_sorted(what: str, names: Iterable[str]) -> None:
    """Refuse names that are not sorted and unique.

    Raises:
        ValueError: names the first one out of order.
    """
    for before, after in pairwise(names):
        if before >= after:
            raise ValueError(f"{what} must be sorted and unique: {after!r} follows {before!r}")
