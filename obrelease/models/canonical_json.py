"""RFC 8785 canonical JSON: writing it, and whether a document is written so."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import rfc8785

from obrelease.errors import InvalidInput
from obrelease.models.json_values import find_errors

_NUMBER_OF_TWO_FORMS: Final = re.compile(rb"[:,\[]-?[0-9]++(?:\.0[,\]}]|(?:\.[0-9]*+)?[eE])")
"""Possessive, so that the search is linear: a run of digits is never given back."""


def canonical_bytes(value: Any) -> bytes:
    """The RFC 8785 bytes of a JSON value made of plain Python objects.

    Stricter than the RFC in one point: a float of 2**53 or more that ECMAScript would print in
    integer form (below 1e21) is refused, because it would be read back as an inexact integer.

    Raises:
        InvalidInput: NaN, infinity, a number beyond 2**53 - 1, a lone surrogate, a key that is not
            text, nesting beyond `MAX_DEPTH`, or a type that JSON does not have; names the path.
    """
    for place, reason in find_errors(value):
        raise InvalidInput(f"canonical JSON: {place}: {reason}")
    try:
        return rfc8785.dumps(value)
    except rfc8785.CanonicalizationError as error:
        raise InvalidInput(f"canonical JSON: {error}") from error


def is_canonical(value: Any, data: bytes) -> bool:
    """Whether `data` are the RFC 8785 bytes of `value`, which `parse_strict` read from them.

    For ASCII text whose numbers have no exponent and no `.0`, the output of the standard library is
    compared, which is ten times faster. Everything else is compared with `canonical_bytes`.
    """
    if data.isascii() and not _NUMBER_OF_TWO_FORMS.search(data):
        plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if plain.encode("utf-8") == data:
            return True
    return canonical_bytes(value) == data
