"""RFC 8785 canonical JSON: writing it, and whether a document is written so."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import rfc8785

from obrelease.errors import InvalidInput
from obrelease.models.json_values import find_errors, require_readable
from obrelease.storage.files import MAX_DOCUMENT_BYTES

_HINT_TOO_LARGE: Final = "put fewer values into one document; record fewer samples, or keep them in a file"
_NUMBER_OF_TWO_FORMS: Final = re.compile(rb"(?:^|[:,\[])-?[0-9]++(?:\.0(?:[,\]}]|$)|(?:\.[0-9]*+)?[eE])")
"""Possessive, so that the search is linear: a run of digits is never given back."""


def canonical_bytes(value: Any, *, limit: int = MAX_DOCUMENT_BYTES) -> bytes:
    """The RFC 8785 bytes of a JSON value made of plain Python objects, at most `limit` of them.

    Stricter than the RFC: a float of 2**53 or more that ECMAScript would print in integer form (below
    1e21) is refused, because it would be read back as an inexact integer; and a document beyond the
    limits of `parse_strict` is refused, because nobody could read it back.

    Raises:
        InvalidInput: NaN, infinity, a number beyond 2**53 - 1, a lone surrogate, a key that is not
            text, nesting beyond `MAX_DEPTH`, a type that JSON does not have, or a document too large;
            names the path.
    """
    for place, reason in find_errors(value):
        raise InvalidInput(f"canonical JSON: {place}: {reason}")
    data = _standard_bytes(value)
    if not has_plain_numbers(data):
        data = _canonical_text(value).encode("utf-8")
    require_readable(data, "canonical JSON", limit, hint=_HINT_TOO_LARGE)
    return data


def is_canonical(value: Any, data: bytes) -> bool:
    """Whether `data` are the RFC 8785 bytes of `value`, which `parse_strict` read from them.

    For ASCII text whose numbers have no exponent and no `.0`, the output of the standard library is
    compared, which is ten times faster. Everything else is compared with `canonical_bytes`.
    """
    if has_plain_numbers(data) and _standard_bytes(value) == data:
        return True
    return canonical_bytes(value) == data


def has_plain_numbers(data: bytes) -> bool:
    """Whether JSON is ASCII and no number of it may have an exponent or end in `.0`."""
    return data.isascii() and not _NUMBER_OF_TWO_FORMS.search(data)


def _standard_bytes(value: Any) -> bytes:
    """JSON of the standard library: canonical if it is ASCII and has no number of two forms."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8")


def _canonical_text(value: Any) -> str:
    """The canonical text of a value without errors; lists of numbers are long and must be fast."""
    if type(value) is float:
        return _float_text(value)
    if type(value) is int:
        return str(value)
    if isinstance(value, dict):
        ordered = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
        members = [f"{_canonical_text(key)}:{_canonical_text(item)}" for key, item in ordered]
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_canonical_text, value)) + "]"
    return rfc8785.dumps(value).decode("utf-8")


def _float_text(number: float) -> str:
    """As ECMAScript prints it; Python differs in `.0` and in exponents only."""
    text = float.__repr__(number)
    if "e" in text or number == 0:
        return rfc8785.dumps(number).decode("ascii")
    return text.removesuffix(".0")
