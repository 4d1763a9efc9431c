"""Performance statements as bytes: written, and read strictly."""

from __future__ import annotations

from typing import Any, Final

from obrelease.models.canonical_json import canonical_bytes
from obrelease.models.performance_result import PERFORMANCE_TYPE, PerformanceStatement
from obrelease.models.provenance import MAX_BYTES
from obrelease.models.strict_json import parse_strict
from obrelease.models.validation import model_errors

_STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"


def performance_payload(subjects: list[dict[str, Any]], predicate: dict[str, Any]) -> bytes:
    """The payload of the envelope: RFC 8785 bytes of a valid statement.

    Raises:
        InvalidInput: the statement would not be valid.
    """
    data = canonical_bytes(
        {
            "_type": _STATEMENT_TYPE,
            "subject": subjects,
            "predicateType": PERFORMANCE_TYPE,
            "predicate": predicate,
        },
        limit=MAX_BYTES,
    )
    read_performance(data, "performance statement")
    return data


def read_performance(payload: bytes, where: str) -> PerformanceStatement:
    """The statement in a payload; the caller has verified its signature.

    Raises:
        InvalidInput: it is not a performance statement.
    """
    parse_strict(payload, f"{where}: payload", limit=MAX_BYTES)
    with model_errors(f"{where}: payload"):
        return PerformanceStatement.model_validate_json(payload)
